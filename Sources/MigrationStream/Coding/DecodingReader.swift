internal import PageCodec

/// Reads an extended stream record by record, and checks all that can be checked of one.
struct DecodingReader<Source: ByteSource> {
    var source: Source

    /// The lanes that PARAMETERS announced.
    var lanes: [ExpansionLane] = []

    /// The length of all records that were read.
    private(set) var recordsByteCount = 0

    private var sequence: UInt32 = 0

    // Whether a record is used while the next one is read, and the source does not keep it.
    private let copies: Bool

    // How long the libxc record is that fragments belong to, and how much of it came.
    private var carried: (header: StockRecordHeader, byteCount: Int)?

    init(_ source: Source, readsAhead: Bool) {
        self.source = source
        copies = readsAhead && !source.keepsContent
    }

    /// Reads a record that follows HEADERS.
    ///
    /// - Parameter memory: Where the body goes, unless the source holds it.
    /// - Returns: The record, valid until the next call if the reader does not read ahead, else
    ///   while the memory is not used again.
    /// - Throws: `StreamError`, or what the source throws.
    mutating func read(into memory: ScratchMemory) throws -> DecodedUnit {
        let start = recordsByteCount
        let (header, body) = try readRecord(
            mustBe: carried == nil ? nil : .stockRecord,
            into: memory
        )
        let content: DecodedUnit.Content
        switch header.kind {
        case .pages:
            content = .coded(checksum: header.checksum)
        case .compressedPages:
            content = try readCompressed(body)
        case .stockRecord:
            let isFirst = carried == nil
            let (type, isComplete) = try noteFragment(header, body)
            content = .fragment(
                completedType: isComplete ? type : nil,
                startsBatch: isFirst && type == StockRecordType.pageData
            )
        case .parameters, .headers:
            throw StreamError.recordOutOfPlace(kind: header.kind)
        }
        return DecodedUnit(
            content: content,
            body: body,
            staysInPlace: source.holdsContent,
            byteCount: recordsByteCount - start
        )
    }

    /// Reads a record and checks its checksum, unless it is a coded batch.
    ///
    /// - Parameters:
    ///   - kind: What it must be, if that is certain.
    ///   - memory: Where the body goes, unless the source holds it.
    /// - Returns: Header and body.
    /// - Throws: `StreamError`, or what the source throws.
    mutating func readRecord(
        mustBe kind: RecordKind?,
        into memory: ScratchMemory
    ) throws -> (header: RecordHeader, body: UnsafeRawBufferPointer) {
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
        let body = try readBody(byteCount: header.bodyByteCount, into: memory)
        if header.kind != .pages {
            guard header.checksum == ExtendedStream.checksum(body) else {
                throw StreamError.recordDamaged(kind: header.kind, sequence: sequence)
            }
        }
        sequence &+= 1
        recordsByteCount += ExtendedStream.recordHeaderByteCount + body.count
        return (header, body)
    }

    private mutating func readBody(
        byteCount: Int,
        into memory: ScratchMemory
    ) throws -> UnsafeRawBufferPointer {
        let target = memory.prefix(byteCount)
        guard copies else {
            return try source.nextExactly(byteCount, scratch: target, of: .recordBody)
        }
        try source.copyNext(into: target, of: .recordBody)
        return UnsafeRawBufferPointer(target)
    }

    private func readCompressed(
        _ body: UnsafeRawBufferPointer
    ) throws(StreamError) -> DecodedUnit.Content {
        guard !lanes.isEmpty else { throw .recordOutOfPlace(kind: .compressedPages) }
        let stored = try CompressedBatch(reading: body)
        guard lanes.indices ~= stored.lane else {
            throw .unknownLane(stored.lane, laneCount: lanes.count)
        }
        let lane = lanes[stored.lane]
        return .compressed(stored, lane, laneTicket: lane.takeTicket())
    }

    /// Checks that the fragments of a libxc record are as long as it announces.
    ///
    /// - Returns: Its type, and whether this was the last one.
    private mutating func noteFragment(
        _ header: RecordHeader,
        _ body: UnsafeRawBufferPointer
    ) throws(StreamError) -> (type: UInt32, isComplete: Bool) {
        var record: (header: StockRecordHeader, byteCount: Int)
        if let carried {
            record = carried
        } else {
            guard body.count >= StockStream.recordHeaderByteCount else {
                throw .recordLengthOutOfRange(kind: .stockRecord, byteCount: body.count)
            }
            record = (try StockRecordHeader(reading: body), 0)
        }
        record.byteCount += body.count
        let announced =
            StockStream.recordHeaderByteCount + record.header.paddedBodyByteCount
        let continues = header.flags == RecordHeader.continuesFlag
        guard continues ? record.byteCount < announced : record.byteCount == announced else {
            throw .carriedRecordMismatch(
                announcedByteCount: announced,
                foundByteCount: record.byteCount
            )
        }
        carried = continues ? record : nil
        return (record.header.type, !continues)
    }
}

/// What one turn of reading gives.
struct DecodedUnit {
    enum Content {
        case coded(checksum: UInt64)
        case compressed(CompressedBatch, ExpansionLane, laneTicket: Int)
        /// Of a libxc record: its type if that is complete, and whether it is the start of a batch.
        case fragment(completedType: UInt32?, startsBatch: Bool)
    }

    let content: Content
    let body: UnsafeRawBufferPointer
    /// Whether the body stays valid and the same as long as the source lives.
    let staysInPlace: Bool
    /// The length of the record.
    let byteCount: Int

    /// The type of the libxc record that is complete with this, unless it is a batch.
    var completedType: UInt32? {
        guard case .fragment(let type, _) = content else { return nil }
        return type
    }

    /// What is there of the body of a batch that was sent as it is, if it starts here.
    var wholeBatchStart: UnsafeRawBufferPointer? {
        guard case .fragment(_, startsBatch: true) = content else { return nil }
        return UnsafeRawBufferPointer(
            rebasing: body.dropFirst(StockStream.recordHeaderByteCount)
        )
    }

    /// Whether there is next to nothing to do for it, as for a batch of entries without content: a
    /// guest's address space has many holes.
    var isShort: Bool { byteCount <= Self.shortByteCount }

    private static let shortByteCount = 256

    var isEnd: Bool { completedType == StockRecordType.end }
    var isCheckpoint: Bool { completedType == StockRecordType.checkpoint }

    /// The checksum of the expanded batch, if it is one.
    var batchChecksum: UInt64? {
        switch content {
        case .coded(let checksum): checksum
        case .compressed(let stored, _, _): stored.checksum
        case .fragment: nil
        }
    }

    var lane: ExpansionLane? {
        guard case .compressed(_, let lane, _) = content else { return nil }
        return lane
    }
}

/// One lane: its decompressor, which takes the lane's batches in their order.
final class ExpansionLane: @unchecked Sendable {
    let turns = Turns()

    // SAFETY: the decompressor is touched in `turns` only, the count by the reader only.
    let decompressor: ResidueDecompressor
    private var ticketCount = 0

    init(windowLog: Int) throws(StreamError) {
        decompressor = try ResidueDecompressor(windowLog: windowLog)
    }

    /// The number of the next batch of this lane, for `turns`.
    func takeTicket() -> Int {
        defer { ticketCount += 1 }
        return ticketCount
    }
}

/// What one thread needs to decode.
final class DecodingMemory {
    let input = ScratchMemory(byteCount: CompressedBatch.byteCountMaximum)
    let expanded = ScratchMemory(byteCount: PageFormat.batchByteCountMaximum)
    /// What comes before the entries of a rebuilt record.
    let header = ScratchMemory(
        byteCount: StockStream.recordHeaderByteCount + StockStream.pageDataHeaderByteCount
    )
    let rebuilt = RebuiltMemory()
}
