internal import PageCodec

/// Reads a libxc stream piece by piece.
struct EncodingReader<Source: ByteSource> {
    private var source: Source

    // What is left of a record that is carried as it is: first its header, then what the source has
    // given of it already, then what the source has yet to give.
    private var carried: CarriedRecord?

    init(_ source: Source) {
        self.source = source
    }

    /// Whether more can be read while what was read before is still in use.
    var readsAhead: Bool { source.keepsContent }

    /// Whether what was read stays where it is until the end.
    var holdsContent: Bool { source.holdsContent }

    /// Memory of the source that may be given back when others read.
    mutating func claimIdleMemory() -> IdleMemory? { source.claimIdleMemory() }

    /// Reads image header and domain header.
    ///
    /// - Returns: Both, in that memory.
    mutating func readHeaders(into memory: ScratchMemory) throws -> UnsafeRawBufferPointer {
        let headers = memory.prefix(StockStream.headersByteCount)
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
        return UnsafeRawBufferPointer(headers)
    }

    /// Reads one libxc record, or the next fragment of a long one.
    ///
    /// - Parameter memory: Where it goes, unless the source holds it.
    /// - Returns: The piece, valid while the memory is not used again; if the reader does not read
    ///   ahead, until the next call at most.
    /// - Throws: `StreamError`, or what the source throws.
    mutating func read(into memory: EncodingMemory) throws -> StockPiece {
        if carried != nil { return try readFragment(into: memory) }
        let header = try readRecordHeader(into: memory)
        guard
            header.type == StockRecordType.pageData,
            header.paddedBodyByteCount <= EncodingMemory.inputByteCount
        else {
            carried = CarriedRecord(header)
            return try readFragment(into: memory)
        }
        let body = try source.nextExactly(
            header.paddedBodyByteCount,
            scratch: memory.input.prefix(header.paddedBodyByteCount),
            of: .recordBody
        )
        guard let batch = PageDataBody(header, body) else {
            // Not what libxc writes; its reader may judge it.
            carried = CarriedRecord(header, heldBody: body)
            return try readFragment(into: memory)
        }
        return StockPiece(
            content: .batch(header, batch, body),
            byteCount: header.recordByteCount,
            completedType: header.type
        )
    }

    private mutating func readRecordHeader(
        into memory: EncodingMemory
    ) throws -> StockRecordHeader {
        let bytes = try source.nextExactly(
            StockStream.recordHeaderByteCount,
            scratch: memory.input.prefix(StockStream.recordHeaderByteCount),
            of: .recordHeader
        )
        return try StockRecordHeader(reading: bytes)
    }

    private mutating func readFragment(into memory: EncodingMemory) throws -> StockPiece {
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
        record.byteCount -= byteCount
        let isComplete = record.byteCount == 0
        carried = isComplete ? nil : record
        return StockPiece(
            content: .fragment(
                UnsafeRawBufferPointer(fragment),
                continues: !isComplete,
                startsBatch: isFirst && record.header.type == StockRecordType.pageData
            ),
            byteCount: isFirst ? record.header.recordByteCount : 0,
            completedType: isComplete ? record.header.type : nil
        )
    }
}

/// What one turn of reading gives: a page batch, or a fragment of a record that is carried as it is.
struct StockPiece {
    enum Content {
        case batch(StockRecordHeader, PageDataBody, UnsafeRawBufferPointer)
        case fragment(UnsafeRawBufferPointer, continues: Bool, startsBatch: Bool)
    }

    let content: Content
    /// The length of the record that begins here.
    let byteCount: Int
    /// The type of the record that is complete with this.
    let completedType: UInt32?

    var isEnd: Bool { completedType == StockRecordType.end }

    /// Whether there is next to nothing to do for it, as for a batch of entries without content: a
    /// guest's address space has many holes.
    var isShort: Bool {
        switch content {
        case .batch(_, _, let body): body.count <= Self.shortByteCount
        case .fragment(let bytes, _, _): bytes.count <= Self.shortByteCount
        }
    }

    /// 1,024 entries and no page.
    private static let shortByteCount = 9 << 10
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
        byteCount = header.recordByteCount
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
