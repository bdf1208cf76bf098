internal import PageCodec

/// Turns an extended stream back into the libxc stream, byte for byte; passes a libxc stream on.
///
/// It never reads a byte beyond the END record, or beyond a CHECKPOINT record before it is told to:
/// those belong to libxl. Nothing of a record is written before its checksum was found right.
/// Memory: two page batches and what `PageDecoder` takes.
public struct StreamDecoder<Source: ByteSource, Sink: ByteSink>: ~Copyable {
    /// What was decoded so far.
    public private(set) var statistics = StreamStatistics()

    private var source: Source
    private var sink: Sink
    private let cacheByteCountMaximum: Int
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer

    /// Allocates a decoder.
    ///
    /// - Parameters:
    ///   - source: The stream.
    ///   - sink: Where the libxc stream goes.
    ///   - cacheByteCountMaximum: The most memory that the sender may ask for.
    public init(from source: Source, to sink: Sink, cacheByteCountMaximum: Int) {
        self.source = source
        self.sink = sink
        self.cacheByteCountMaximum = cacheByteCountMaximum
        input = .allocate(
            byteCount: CompressedBatch.byteCountMaximum,
            alignment: PageFormat.pageByteCount
        )
        output = .allocate(
            byteCount: StockStream.recordHeaderByteCount + StockStream.pageDataHeaderByteCount
                + PageDecoder.outputByteCountMaximum,
            alignment: PageFormat.pageByteCount
        )
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// Decodes up to and including the END record.
    ///
    /// - Parameters:
    ///   - acceptsStockStream: Whether a libxc stream is passed on, rather than refused.
    ///   - didDecodeCheckpoint: Called after each CHECKPOINT record was written; the source is read
    ///     again when it returns.
    /// - Returns: The format that the stream had.
    /// - Throws: `StreamError` for anything that no sender writes, or what source or sink throw.
    public mutating func run(
        acceptsStockStream: Bool,
        didDecodeCheckpoint: () throws -> Void = {}
    ) throws -> StreamFormat {
        let header = UnsafeMutableRawBufferPointer(
            rebasing: input.prefix(StockStream.imageHeaderByteCount)
        )
        try source.copyNext(into: header, of: .imageHeader)
        let image = try ImageHeader(reading: UnsafeRawBufferPointer(header))
        switch image.format {
        case .stock:
            guard acceptsStockStream else { throw StreamError.wrongFormat(found: .stock) }
            try passOnStockStream(didDecodeCheckpoint)
        case .extended:
            statistics.extendedByteCount += header.count
            try decodeExtendedStream(didDecodeCheckpoint)
        }
        return image.format
    }

    // MARK: Extended

    private mutating func decodeExtendedStream(_ didDecodeCheckpoint: () throws -> Void) throws {
        var sequence: UInt32 = 0
        let parametersHeader = try readRecord(&sequence, mustBe: .parameters)
        let parameters = try StreamParameters(
            reading: UnsafeRawBufferPointer(rebasing: input.prefix(parametersHeader.bodyByteCount))
        )
        var pages = try makePageDecoder(parameters)
        let residue = try parameters.windowLog.map { try ResidueDecompressor(windowLog: $0) }

        let headersHeader = try readRecord(&sequence, mustBe: .headers)
        let headers = UnsafeRawBufferPointer(rebasing: input.prefix(headersHeader.bodyByteCount))
        let image = try ImageHeader(
            reading: UnsafeRawBufferPointer(
                rebasing: headers.prefix(StockStream.imageHeaderByteCount)
            )
        )
        guard image.format == .stock else { throw StreamError.wrongFormat(found: image.format) }
        try write([headers])

        while true {
            let header = try readRecord(&sequence)
            switch header.kind {
            case .pages:
                let body = UnsafeRawBufferPointer(rebasing: input.prefix(header.bodyByteCount))
                try decodeBatch(body, checksum: header.checksum, &pages)
            case .compressedPages:
                guard let residue else { throw StreamError.recordOutOfPlace(kind: header.kind) }
                let body = UnsafeRawBufferPointer(rebasing: input.prefix(header.bodyByteCount))
                let (batch, checksum) = try residue.expand(body)
                try decodeBatch(batch, checksum: checksum, &pages)
            case .stockRecord:
                let type = try decodeStockRecord(header, &sequence)
                statistics.noteRecord(type: type)
                if type == StockRecordType.checkpoint { try didDecodeCheckpoint() }
                if type == StockRecordType.end { return }
            case .parameters, .headers:
                throw StreamError.recordOutOfPlace(kind: header.kind)
            }
        }
    }

    private func makePageDecoder(_ parameters: StreamParameters) throws -> PageDecoder {
        let byteCount = CacheSize.byteCount(ofSlotCount: parameters.slotCount)
        do throws(PageCodecError) {
            guard byteCount <= cacheByteCountMaximum else {
                throw .cacheNotAllocatable(
                    byteCount: byteCount,
                    allowedByteCount: cacheByteCountMaximum
                )
            }
            return try PageDecoder(slotCount: parameters.slotCount)
        } catch {
            throw StreamError.page(error)
        }
    }

    /// Reads a record, its body into `input`, and checks its checksum unless it is a batch.
    private mutating func readRecord(
        _ sequence: inout UInt32,
        mustBe kind: RecordKind? = nil
    ) throws -> RecordHeader {
        let header = try withUnsafeTemporaryAllocation(
            byteCount: ExtendedStream.recordHeaderByteCount,
            alignment: 8
        ) { bytes in
            try source.copyNext(into: bytes, of: .recordHeader)
            return try RecordHeader(
                reading: UnsafeRawBufferPointer(bytes),
                expectedSequence: sequence
            )
        }
        guard kind == nil || kind == header.kind else {
            throw StreamError.recordOutOfPlace(kind: header.kind)
        }
        let body = UnsafeMutableRawBufferPointer(rebasing: input.prefix(header.bodyByteCount))
        try source.copyNext(into: body, of: .recordBody)
        if header.kind != .pages {
            guard header.checksum == ExtendedStream.checksum(UnsafeRawBufferPointer(body)) else {
                throw StreamError.recordDamaged(kind: header.kind, sequence: sequence)
            }
        }
        sequence &+= 1
        statistics.extendedByteCount += ExtendedStream.recordHeaderByteCount + body.count
        return header
    }

    private mutating func decodeBatch(
        _ body: UnsafeRawBufferPointer,
        checksum: UInt64,
        _ pages: inout PageDecoder
    ) throws {
        let fixedByteCount =
            StockStream.recordHeaderByteCount + StockStream.pageDataHeaderByteCount
        let batch: (entryCount: Int, byteCount: Int)
        do throws(PageCodecError) {
            batch = try pages.decode(
                body,
                checksum: checksum,
                into: UnsafeMutableRawBufferPointer(rebasing: output[fixedByteCount...])
            )
        } catch {
            throw StreamError.page(error)
        }
        let bodyByteCount = StockStream.pageDataHeaderByteCount + batch.byteCount
        let numbers = [
            StockRecordType.pageData, UInt32(bodyByteCount), UInt32(batch.entryCount), 0,
        ]
        for (index, number) in numbers.enumerated() {
            output.storeBytes(of: number.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
        statistics.pages = pages.statistics
        let entries = (output.baseAddress.unsafelyUnwrapped + fixedByteCount)
            .assumingMemoryBound(to: UInt64.self)
        statistics.noteBatch(
            firstPFN: PageEntry(bits: UInt64(littleEndian: entries[0])).pfn,
            lastPFN: PageEntry(bits: UInt64(littleEndian: entries[batch.entryCount - 1])).pfn
        )
        try write([
            UnsafeRawBufferPointer(
                rebasing: output.prefix(StockStream.recordHeaderByteCount + bodyByteCount)
            )
        ])
    }

    /// Passes on a libxc record, the first part of which is in `input`.
    ///
    /// - Returns: Its type.
    private mutating func decodeStockRecord(
        _ first: RecordHeader,
        _ sequence: inout UInt32
    ) throws -> UInt32 {
        guard first.bodyByteCount >= StockStream.recordHeaderByteCount else {
            throw StreamError.recordLengthOutOfRange(
                kind: .stockRecord,
                byteCount: first.bodyByteCount
            )
        }
        let stock = try StockRecordHeader(
            reading: UnsafeRawBufferPointer(
                rebasing: input.prefix(StockStream.recordHeaderByteCount)
            )
        )
        let announcedByteCount = StockStream.recordHeaderByteCount + stock.paddedBodyByteCount
        var header = first
        var foundByteCount = 0
        while true {
            foundByteCount += header.bodyByteCount
            let continues = header.flags == RecordHeader.continuesFlag
            guard
                continues
                    ? foundByteCount < announcedByteCount : foundByteCount == announcedByteCount
            else {
                throw StreamError.carriedRecordMismatch(
                    announcedByteCount: announcedByteCount,
                    foundByteCount: foundByteCount
                )
            }
            try write([
                UnsafeRawBufferPointer(rebasing: input.prefix(header.bodyByteCount))
            ])
            guard continues else { return stock.type }
            header = try readRecord(&sequence, mustBe: .stockRecord)
        }
    }

    // MARK: Stock

    /// Passes on a libxc stream whose image header is in `input`.
    private mutating func passOnStockStream(_ didDecodeCheckpoint: () throws -> Void) throws {
        let headers = UnsafeMutableRawBufferPointer(
            rebasing: input.prefix(StockStream.headersByteCount)
        )
        try source.copyNext(
            into: UnsafeMutableRawBufferPointer(
                rebasing: headers[StockStream.imageHeaderByteCount...]
            ),
            of: .domainHeader
        )
        try write([UnsafeRawBufferPointer(headers)])
        while true {
            let headerPart = UnsafeMutableRawBufferPointer(
                rebasing: input.prefix(StockStream.recordHeaderByteCount)
            )
            try source.copyNext(into: headerPart, of: .recordHeader)
            let header = try StockRecordHeader(reading: UnsafeRawBufferPointer(headerPart))
            try write([UnsafeRawBufferPointer(headerPart)])
            var remaining = header.paddedBodyByteCount
            while remaining > 0 {
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: input.prefix(min(remaining, input.count))
                )
                try source.copyNext(into: part, of: .recordBody)
                try write([UnsafeRawBufferPointer(part)])
                remaining -= part.count
            }
            if header.type == StockRecordType.checkpoint { try didDecodeCheckpoint() }
            if header.type == StockRecordType.end { return }
        }
    }

    private mutating func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        try sink.write(pieces)
        for piece in pieces { statistics.stockByteCount += piece.count }
    }
}
