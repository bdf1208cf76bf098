internal import PageCodec

/// Writes our records, numbers them, and measures the link.
struct RecordWriter<Sink: ByteSink> {
    /// What was written.
    var statistics = StreamStatistics()

    private var sink: Sink
    private var sequence: UInt32 = 0
    private var lastWriteEnd = ContinuousClock.now

    init(_ sink: Sink) {
        self.sink = sink
    }

    /// Takes over what was read until what was written last.
    mutating func note(_ read: StreamStatistics) {
        statistics.takeOverSource(of: read)
    }

    /// Writes bytes that are no record.
    mutating func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        try sink.write(pieces)
        statistics.extendedByteCount += pieces.reduce(0) { $0 + $1.count }
    }

    /// Writes a record.
    ///
    /// - Returns: How long that took, and how long nothing was written before.
    @discardableResult
    mutating func write(
        _ record: OutgoingRecord
    ) throws -> (writing: Duration, idle: Duration) {
        let header = RecordHeader(
            kind: record.kind,
            flags: record.flags,
            bodyByteCount: record.byteCount,
            sequence: sequence,
            checksum: record.checksum
        )
        sequence &+= 1
        let start = ContinuousClock.now
        try withUnsafeTemporaryAllocation(
            byteCount: ExtendedStream.recordHeaderByteCount,
            alignment: 8
        ) { bytes in
            header.write(to: bytes)
            try write([UnsafeRawBufferPointer(bytes)] + record.body)
        }
        let idle = start - lastWriteEnd
        lastWriteEnd = .now
        return (lastWriteEnd - start, idle)
    }
}

/// A record that is ready to be written, but for its number.
struct OutgoingRecord {
    let kind: RecordKind
    let flags: UInt16
    let body: [UnsafeRawBufferPointer]
    let checksum: UInt64

    /// The length of the body.
    var byteCount: Int { body.reduce(0) { $0 + $1.count } }

    init(_ kind: RecordKind, _ body: UnsafeRawBufferPointer) {
        self.kind = kind
        flags = 0
        self.body = [body]
        checksum = ExtendedStream.checksum(body)
    }

    /// A libxc record, or a fragment of one, as it is.
    init(fragment body: [UnsafeRawBufferPointer], continues: Bool) {
        kind = .stockRecord
        flags = continues ? RecordHeader.continuesFlag : 0
        self.body = body
        checksum = ExtendedStream.checksum(body)
    }

    /// A whole libxc record in as many fragments as it needs.
    static func fragments(
        of header: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer
    ) -> [OutgoingRecord] {
        var records: [OutgoingRecord] = []
        var prefix = [header]
        var rest = body
        repeat {
            let room = ExtendedStream.fragmentByteCountMaximum - (prefix.first?.count ?? 0)
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(room))
            records.append(OutgoingRecord(fragment: prefix + [part], continues: !rest.isEmpty))
            prefix = []
        } while !rest.isEmpty
        return records
    }

    init(_ batch: CodedBatch) {
        kind = .pages
        flags = 0
        body = batch.pieces
        checksum = batch.checksum
    }

    init(compressed body: [UnsafeRawBufferPointer]) {
        kind = .compressedPages
        flags = 0
        self.body = body
        checksum = ExtendedStream.checksum(body)
    }
}
