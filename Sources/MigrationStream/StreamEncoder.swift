internal import PageCodec

/// Turns a libxc stream into an extended one.
///
/// It writes every record as soon as it has read it, so that nothing is held back while the source
/// has nothing to give. Memory: one page batch and what `PageEncoder` takes.
public struct StreamEncoder<Source: ByteSource, Sink: ByteSink>: ~Copyable {
    /// What was encoded so far.
    public var statistics: StreamStatistics {
        var result = counters
        result.pages = pages.statistics
        return result
    }

    private var source: Source
    private var sink: Sink
    private let slotCount: Int
    private var pages: PageEncoder
    private let memory = BatchMemory()
    private let compressor: ResidueCompressor?
    private var counters = StreamStatistics()
    private var sequence: UInt32 = 0
    private let buffer: UnsafeMutableRawBufferPointer

    /// Allocates an encoder with a cache of the given size.
    ///
    /// - Parameters:
    ///   - source: The libxc stream.
    ///   - sink: Where the extended stream goes.
    ///   - cacheSize: The memory for the page cache.
    ///   - compression: How hard to compress what the page classes leave, if at all.
    /// - Throws: `PageCodecError` or `StreamError` if the memory is not there.
    public init(
        from source: Source,
        to sink: Sink,
        cacheSize: CacheSize,
        compression: Compression = .off
    ) throws {
        // All that can throw comes first: nothing is half-made then.
        let compressor: ResidueCompressor? =
            switch compression {
            case .off: nil
            case .level(let level): try ResidueCompressor(level: level)
            }
        let pages = try PageEncoder(slotCount: cacheSize.slotCount)
        self.compressor = compressor
        self.pages = pages
        self.source = source
        self.sink = sink
        slotCount = cacheSize.slotCount
        buffer = .allocate(byteCount: Self.bufferByteCount, alignment: PageFormat.pageByteCount)
    }

    deinit { buffer.deallocate() }

    /// Encodes up to and including the END record.
    ///
    /// - Parameter didEncode: Called after each libxc record, when it has been written.
    /// - Throws: `StreamError` for a stream that is not libxc's, or what source or sink throw.
    public mutating func run(didEncode: (EncodedRecord) -> Void = { _ in }) throws {
        try encodeHeaders()
        while true {
            let type = try encodeRecord()
            didEncode(
                EncodedRecord(
                    isCheckpoint: type == StockRecordType.checkpoint,
                    statistics: statistics
                )
            )
            if type == StockRecordType.end { return }
        }
    }

    /// The largest `PAGE_DATA` record that is coded, padded to whole pages.
    private static var bufferByteCount: Int {
        StockStream.recordHeaderByteCount + StockStream.pageDataHeaderByteCount
            + PageDecoder.outputByteCountMaximum
    }

    private mutating func encodeHeaders() throws {
        let headers = UnsafeMutableRawBufferPointer(
            rebasing: buffer.prefix(StockStream.headersByteCount)
        )
        let (imagePart, domainPart) = (
            UnsafeMutableRawBufferPointer(
                rebasing: headers.prefix(StockStream.imageHeaderByteCount)
            ),
            UnsafeMutableRawBufferPointer(
                rebasing: headers.suffix(StockStream.domainHeaderByteCount)
            )
        )
        try source.copyNext(into: imagePart, of: .imageHeader)
        let image = try ImageHeader(reading: UnsafeRawBufferPointer(imagePart))
        guard image.format == .stock else { throw StreamError.wrongFormat(found: image.format) }
        try source.copyNext(into: domainPart, of: .domainHeader)
        counters.stockByteCount += headers.count

        let imageHeader = ExtendedStream.imageHeader
        try imageHeader.withUnsafeBytes { try sink.write([$0]) }
        counters.extendedByteCount += imageHeader.count
        try withUnsafeTemporaryAllocation(
            byteCount: ExtendedStream.parametersByteCount,
            alignment: 8
        ) { bytes in
            StreamParameters(
                slotCount: slotCount,
                windowLog: compressor.map { _ in ExtendedStream.windowLogs.upperBound }
            ).write(to: bytes)
            try write(.parameters, UnsafeRawBufferPointer(bytes))
        }
        try write(.headers, UnsafeRawBufferPointer(headers))
    }

    /// Encodes one libxc record.
    ///
    /// - Returns: Its type.
    private mutating func encodeRecord() throws -> UInt32 {
        let headerPart = UnsafeMutableRawBufferPointer(
            rebasing: buffer.prefix(StockStream.recordHeaderByteCount)
        )
        try source.copyNext(into: headerPart, of: .recordHeader)
        let header = try StockRecordHeader(reading: UnsafeRawBufferPointer(headerPart))
        let byteCount = headerPart.count + header.paddedBodyByteCount
        counters.stockByteCount += byteCount
        guard header.type == StockRecordType.pageData, byteCount <= buffer.count else {
            try carry(byteCount: byteCount, readByteCount: headerPart.count)
            counters.noteRecord(type: header.type)
            return header.type
        }
        let body = try source.nextExactly(
            header.paddedBodyByteCount,
            scratch: UnsafeMutableRawBufferPointer(rebasing: buffer[headerPart.count...]),
            of: .recordBody
        )
        if let batch = PageDataBody(header, body) {
            let coded = pages.encode(
                entries: batch.entries,
                pages: batch.pages,
                residue: compressor == nil ? .sent : .compressed,
                into: memory
            )
            if let first = batch.entries.first, let last = batch.entries.last {
                counters.noteBatch(
                    firstPFN: PageEntry(bits: first).pfn,
                    lastPFN: PageEntry(bits: last).pfn
                )
            }
            try write(coded)
        } else {
            // Not what libxc writes; its reader may judge it.
            let bodyPart = UnsafeMutableRawBufferPointer(
                rebasing: buffer[headerPart.count..<byteCount]
            )
            if bodyPart.baseAddress.map(UnsafeRawPointer.init) != body.baseAddress {
                bodyPart.copyMemory(from: body)
            }
            try carry(byteCount: byteCount, readByteCount: byteCount)
        }
        return header.type
    }

    /// Sends a libxc record as it is, in fragments.
    ///
    /// - Parameters:
    ///   - byteCount: The length of the record with its header and padding.
    ///   - readByteCount: How much of it the buffer holds already.
    /// - Throws: What source or sink throw.
    private mutating func carry(byteCount: Int, readByteCount: Int) throws {
        var sentByteCount = 0
        while sentByteCount < byteCount {
            let fragmentByteCount = min(
                byteCount - sentByteCount,
                ExtendedStream.fragmentByteCountMaximum
            )
            let fragmentEnd = sentByteCount + fragmentByteCount
            let fragment: UnsafeMutableRawBufferPointer
            if fragmentEnd <= readByteCount {
                fragment = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[sentByteCount..<fragmentEnd]
                )
            } else {
                let presentByteCount = max(readByteCount - sentByteCount, 0)
                fragment = UnsafeMutableRawBufferPointer(
                    rebasing: buffer.prefix(fragmentByteCount)
                )
                try source.copyNext(
                    into: UnsafeMutableRawBufferPointer(rebasing: fragment[presentByteCount...]),
                    of: .recordBody
                )
            }
            let flags = fragmentEnd < byteCount ? RecordHeader.continuesFlag : 0
            try write(.stockRecord, flags: flags, UnsafeRawBufferPointer(fragment))
            sentByteCount = fragmentEnd
        }
    }

    private mutating func write(
        _ kind: RecordKind,
        flags: UInt16 = 0,
        _ body: UnsafeRawBufferPointer
    ) throws {
        let header = nextHeader(
            kind,
            flags: flags,
            bodyByteCount: body.count,
            checksum: ExtendedStream.checksum(body)
        )
        try write(header, [body])
    }

    private mutating func write(_ batch: CodedBatch) throws {
        guard let compressor else {
            let header = nextHeader(
                .pages,
                flags: 0,
                bodyByteCount: batch.byteCount,
                checksum: batch.checksum
            )
            let sections = batch.sections
            try write(
                header,
                [
                    sections.header, sections.entries, sections.classes, sections.control,
                    sections.literals,
                ]
            )
            return
        }
        let body = try compressor.compress(batch)
        let header = nextHeader(
            .compressedPages,
            flags: 0,
            bodyByteCount: body.reduce(0) { $0 + $1.count },
            checksum: ExtendedStream.checksum(body)
        )
        try write(header, body)
    }

    private mutating func nextHeader(
        _ kind: RecordKind,
        flags: UInt16,
        bodyByteCount: Int,
        checksum: UInt64
    ) -> RecordHeader {
        defer { sequence &+= 1 }
        return RecordHeader(
            kind: kind,
            flags: flags,
            bodyByteCount: bodyByteCount,
            sequence: sequence,
            checksum: checksum
        )
    }

    private mutating func write(
        _ header: RecordHeader,
        _ body: [UnsafeRawBufferPointer]
    ) throws {
        try withUnsafeTemporaryAllocation(
            byteCount: ExtendedStream.recordHeaderByteCount,
            alignment: 8
        ) { bytes in
            header.write(to: bytes)
            try sink.write([UnsafeRawBufferPointer(bytes)] + body)
        }
        counters.extendedByteCount += ExtendedStream.recordHeaderByteCount + header.bodyByteCount
    }
}

/// What an encoder tells after each libxc record.
public struct EncodedRecord: Sendable {
    /// Whether the record was a CHECKPOINT.
    public let isCheckpoint: Bool
    /// What was encoded so far.
    public let statistics: StreamStatistics
}

/// The body of a `PAGE_DATA` record as libxc writes it.
private struct PageDataBody {
    let entries: UnsafeBufferPointer<UInt64>
    let pages: UnsafeRawPointer

    /// Looks at a body, aligned to 8 bytes; `nil` if it cannot be coded and rebuilt exactly.
    init?(_ header: StockRecordHeader, _ bytes: UnsafeRawBufferPointer) {
        guard
            header.bodyByteCount >= StockStream.pageDataHeaderByteCount,
            let body = bytes.baseAddress
        else { return nil }
        let count = Int(UInt32(littleEndian: body.load(as: UInt32.self)))
        let reserved = body.load(fromByteOffset: 4, as: UInt32.self)
        let entriesByteCount = 8 * count
        guard
            1...PageFormat.entriesPerBatchMaximum ~= count, reserved == 0,
            header.bodyByteCount >= StockStream.pageDataHeaderByteCount + entriesByteCount
        else { return nil }
        entries = UnsafeBufferPointer(
            start: (body + StockStream.pageDataHeaderByteCount)
                .assumingMemoryBound(to: UInt64.self),
            count: count
        )
        pages = body + StockStream.pageDataHeaderByteCount + entriesByteCount
        var pageCount = 0
        for bits in entries {
            let entry = PageEntry(bits: UInt64(littleEndian: bits))
            guard entry.isCanonical else { return nil }
            if entry.hasContent { pageCount += 1 }
        }
        let expectedByteCount =
            StockStream.pageDataHeaderByteCount + entriesByteCount
            + pageCount * PageFormat.pageByteCount
        guard header.bodyByteCount == expectedByteCount else { return nil }
    }
}
