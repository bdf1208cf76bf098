internal import PageCodec

/// Reads a libxc stream piece by piece and codes its page batches.
struct EncodingReader<Source: ByteSource> {
    /// What was read so far.
    var statistics: StreamStatistics {
        var result = counters
        result.pages = pages.statistics
        return result
    }

    private var source: Source
    private let pages: PageEncoderBox
    private var counters = StreamStatistics()
    private let scratch: ScratchMemory

    // What is left of a record that is carried as it is: first its header, then what the source has
    // given of it already, then what the source has yet to give.
    private var carried: CarriedRecord?

    init(_ source: Source, slotCount: Int, batchesInUse: Int) throws(PageCodecError) {
        pages = try PageEncoderBox(slotCount: slotCount, batchesInUse: batchesInUse)
        self.source = source
        scratch = ScratchMemory(byteCount: Self.bodyByteCountMaximum)
    }

    /// The longest body of a `PAGE_DATA` record that is coded.
    private static var bodyByteCountMaximum: Int {
        StockStream.pageDataHeaderByteCount + PageFormat.stockBatchByteCountMaximum
    }

    /// Reads image header and domain header.
    ///
    /// - Returns: Both, in memory that is valid until the next call.
    mutating func readHeaders() throws -> UnsafeRawBufferPointer {
        let headers = scratch.prefix(StockStream.headersByteCount)
        let imagePart = UnsafeMutableRawBufferPointer(
            rebasing: headers.prefix(StockStream.imageHeaderByteCount)
        )
        try source.copyNext(into: imagePart, of: .imageHeader)
        let image = try ImageHeader(reading: UnsafeRawBufferPointer(imagePart))
        guard image.format == .stock else { throw StreamError.wrongFormat(found: image.format) }
        try source.copyNext(
            into: UnsafeMutableRawBufferPointer(
                rebasing: headers.suffix(StockStream.domainHeaderByteCount)
            ),
            of: .domainHeader
        )
        counters.stockByteCount += headers.count
        return UnsafeRawBufferPointer(headers)
    }

    /// Reads and codes one libxc record, or the next fragment of a long one.
    ///
    /// - Parameters:
    ///   - treatment: What is to become of a page batch.
    ///   - memory: Where the result goes.
    /// - Returns: What is to be written.
    /// - Throws: `StreamError`, or what the source throws.
    mutating func read(
        _ treatment: BatchTreatment,
        into memory: EncodingMemory
    ) throws -> EncodedUnit {
        if carried != nil { return try readFragment(into: memory) }
        let header = try readRecordHeader()
        counters.stockByteCount += StockStream.recordHeaderByteCount + header.paddedBodyByteCount
        guard
            header.type == StockRecordType.pageData,
            header.paddedBodyByteCount <= Self.bodyByteCountMaximum
        else {
            carried = CarriedRecord(header)
            return try readFragment(into: memory)
        }
        let body = try source.nextExactly(
            header.paddedBodyByteCount,
            scratch: scratch.prefix(header.paddedBodyByteCount),
            of: .recordBody
        )
        guard let batch = PageDataBody(header, body) else {
            // Not what libxc writes; its reader may judge it.
            carried = CarriedRecord(header, heldBody: body)
            return try readFragment(into: memory)
        }
        if treatment == .whole { return readWhole(header, body, into: memory) }
        let start = ContinuousClock.now
        let coded = pages.encoder.encode(
            entries: batch.entries,
            pages: batch.pages,
            residue: treatment == .coded ? .sent : .compressed,
            into: memory.batch
        )
        if let first = batch.entries.first, let last = batch.entries.last {
            counters.noteBatch(
                firstPFN: PageEntry(bits: UInt64(littleEndian: first)).pfn,
                lastPFN: PageEntry(bits: UInt64(littleEndian: last)).pfn
            )
        }
        return EncodedUnit(
            content: .batch(coded, stockByteCount: body.count),
            treatment: treatment,
            codingSeconds: (ContinuousClock.now - start).inSeconds,
            completedType: header.type,
            statistics: statistics
        )
    }

    /// Leaves a batch as it is.
    private mutating func readWhole(
        _ header: StockRecordHeader,
        _ body: UnsafeRawBufferPointer,
        into memory: EncodingMemory
    ) -> EncodedUnit {
        let headerPart = memory.fragment.prefix(StockStream.recordHeaderByteCount)
        header.write(to: headerPart)
        counters.noteWholeBatch(body)
        return EncodedUnit(
            content: .whole(header: UnsafeRawBufferPointer(headerPart), body: body),
            treatment: .whole,
            codingSeconds: 0,
            completedType: header.type,
            statistics: statistics
        )
    }

    private mutating func readRecordHeader() throws -> StockRecordHeader {
        let bytes = try source.nextExactly(
            StockStream.recordHeaderByteCount,
            scratch: scratch.prefix(StockStream.recordHeaderByteCount),
            of: .recordHeader
        )
        return try StockRecordHeader(reading: bytes)
    }

    private mutating func readFragment(into memory: EncodingMemory) throws -> EncodedUnit {
        guard var record = carried else { preconditionFailure("no record is being carried") }
        let byteCount = min(record.byteCount, ExtendedStream.fragmentByteCountMaximum)
        let fragment = memory.fragment.prefix(byteCount)
        let isFirst = !record.isHeaderSent
        let givenByteCount = record.take(into: fragment)
        if givenByteCount < byteCount {
            try source.copyNext(
                into: UnsafeMutableRawBufferPointer(rebasing: fragment[givenByteCount...]),
                of: .recordBody
            )
        }
        if isFirst, record.header.type == StockRecordType.pageData {
            counters.noteWholeBatch(
                UnsafeRawBufferPointer(
                    rebasing: fragment.dropFirst(StockStream.recordHeaderByteCount)
                )
            )
        }
        record.byteCount -= byteCount
        let isComplete = record.byteCount == 0
        carried = isComplete ? nil : record
        if isComplete { counters.noteRecord(type: record.header.type) }
        return EncodedUnit(
            content: .fragment(UnsafeRawBufferPointer(fragment), continues: !isComplete),
            treatment: .whole,
            codingSeconds: 0,
            completedType: isComplete ? record.header.type : nil,
            statistics: statistics
        )
    }
}

/// What one turn of reading gives: a coded batch, a batch as it is, or a fragment of a record that is
/// carried.
struct EncodedUnit {
    enum Content {
        case batch(CodedBatch, stockByteCount: Int)
        case fragment(UnsafeRawBufferPointer, continues: Bool)
        /// A batch as it is, the body in memory that is valid until the source is read again.
        case whole(header: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer)
    }

    let content: Content
    /// What is to become of a batch.
    let treatment: BatchTreatment
    let codingSeconds: Double
    /// The type of the libxc record that is complete with this.
    let completedType: UInt32?
    /// What was read until here.
    let statistics: StreamStatistics

    var isEnd: Bool { completedType == StockRecordType.end }

    /// Whether the source must not be read before this was written.
    var needsSource: Bool {
        if case .whole = content { true } else { false }
    }

    /// How a batch is to be compressed, if at all.
    var effort: CompressionEffort? {
        if case .compressed(let effort) = treatment { effort } else { nil }
    }
}

/// What one thread needs to encode.
final class EncodingMemory {
    let batch = BatchMemory()
    let compressed = CompressedMemory()
    let fragment = ScratchMemory(byteCount: ExtendedStream.fragmentByteCountMaximum)
}

/// A libxc record on its way through as it is.
private struct CarriedRecord {
    let header: StockRecordHeader
    /// What is still to be sent, header and padding included.
    var byteCount: Int
    private(set) var isHeaderSent = false
    private var heldBody: UnsafeRawBufferPointer

    init(
        _ header: StockRecordHeader,
        heldBody: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        self.header = header
        self.heldBody = heldBody
        byteCount = StockStream.recordHeaderByteCount + header.paddedBodyByteCount
    }

    /// Fills a fragment with what is there.
    ///
    /// - Returns: How many bytes that were.
    mutating func take(into fragment: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        if !isHeaderSent {
            header.write(to: fragment)
            filled = StockStream.recordHeaderByteCount
            isHeaderSent = true
        }
        let held = UnsafeRawBufferPointer(
            rebasing: heldBody.prefix(fragment.count - filled)
        )
        UnsafeMutableRawBufferPointer(rebasing: fragment[filled...]).copyMemory(from: held)
        heldBody = UnsafeRawBufferPointer(rebasing: heldBody[held.count...])
        return filled + held.count
    }
}

/// A page encoder in a place of its own.
private final class PageEncoderBox {
    var encoder: PageEncoder

    init(slotCount: Int, batchesInUse: Int) throws(PageCodecError) {
        encoder = try PageEncoder(slotCount: slotCount, batchesInUse: batchesInUse)
    }

    var statistics: PageStatistics { encoder.statistics }
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
