public import PageCodec
internal import Synchronization

/// Turns a libxc stream into an extended one.
///
/// Each thread reads a record, in turn; takes the fingerprints of its pages beside the others, if the
/// source allows; matches it with the page cache, in turn, since that has an order; codes and
/// compresses it beside the others; and writes it, in turn. A record is written as soon as it can be:
/// nothing is held back while the source has nothing to give. Where a single thread is to code, two of
/// them take turns: one codes while the other waits for the link. Memory: what `PageMatcher` takes, and
/// for each thread a page batch as it was read, coded and compressed, and a compressor.
public final class StreamEncoder<Source: ByteSource, Sink: ByteSink>: @unchecked Sendable {
    // SAFETY: `reader` is touched in the turns of `reading` only, `pages` in those of `matching`,
    // `writer` in those of `writing`, and each of the memories by one thread.
    private var reader: EncodingReader<Source>
    private var pages: BatchMatching
    private var writer: RecordWriter<Sink>
    private let policy: SharedCompressionPolicy
    private let lanes: LanePool?
    private let parameters: StreamParameters
    private let memories: [EncodingMemory]

    /// Whether a thread reads while others code what they have read.
    private let readsAhead: Bool

    /// Whether one thread at a time codes, while another may write.
    private let codesInTurn: Bool

    private let reading = Turns()
    private let matching = Turns()
    private let writing = Turns()
    private let workers = Workers()

    /// Allocates an encoder with a cache of the given size.
    ///
    /// - Parameters:
    ///   - source: The libxc stream.
    ///   - sink: Where the extended stream goes.
    ///   - cacheSize: The memory for the page cache.
    ///   - compression: How hard to compress what the page classes leave.
    ///   - goal: What counts if that is chosen automatically.
    ///   - pageClasses: What pages may be coded as.
    ///   - threads: How many threads encode. A single one has another beside it that waits for the
    ///     sink, if that may be a link.
    /// - Throws: `PageCodecError` or `StreamError` if the memory is not there.
    public init(
        from source: Source,
        to sink: Sink,
        cacheSize: CacheSize,
        compression: Compression = .off,
        goal: CompressionGoal = .shortestTime,
        pageClasses: PageClasses = .all,
        threads: ThreadCount = .one
    ) throws {
        reader = EncodingReader(source)
        codesInTurn = threads == .one
        // A link that has to be waited for gets a thread that waits.
        let threadCount = codesInTurn && sink.bufferByteCount != 0 ? 2 : threads.value
        readsAhead = reader.readsAhead && threadCount > 1
        memories = (0..<threadCount).map { _ in EncodingMemory() }
        let compression = compression == .auto && sink.keepsBytes ? .ofFile : compression
        policy = SharedCompressionPolicy(
            CompressionPolicy(
                compression,
                goal: goal,
                threadCount: threads.value,
                bufferByteCount: sink.bufferByteCount
            )
        )
        lanes = compression == .off ? nil : try LanePool(count: threads.value)
        parameters = StreamParameters(slotCount: cacheSize.slotCount, lanes: lanes?.parameters)
        pages = BatchMatching(
            try PageMatcher(
                slotCount: cacheSize.slotCount,
                classes: pageClasses,
                cacheMemory: reader.holdsContent ? .source : .own,
                batchesInUse: threadCount
            ),
            batchesStay: reader.readsAhead || threadCount == 1
        )
        writer = RecordWriter(sink)
    }

    /// What was encoded so far; to be asked before or after `run`, or while it calls back.
    public var statistics: StreamStatistics { writer.statistics }

    /// Encodes up to and including the END record.
    ///
    /// When it throws, another thread may still wait for the source; what that needs stays alive as
    /// long.
    ///
    /// - Parameter didEncode: Called after each libxc record, when it has been written, on any
    ///   thread, but never on two at once.
    /// - Throws: `StreamError` for a stream that is not libxc's, or what source or sink throw.
    public func run(
        didEncode: @escaping @Sendable (EncodedRecord) -> Void = { _ in }
    ) throws {
        try encodeHeaders()
        do {
            try workers.run(threadCount: memories.count) { number in
                self.work(in: self.memories[number], didEncode)
            }
        } catch {
            for turns in [reading, matching, writing] { turns.close() }
            throw error
        }
    }

    private func encodeHeaders() throws {
        let memory = ScratchMemory(byteCount: StockStream.headersByteCount)
        let headers = try reader.readHeaders(into: memory)
        pages.noteHeaders(byteCount: headers.count)
        try ExtendedStream.imageHeader.withUnsafeBytes { try writer.write([$0]) }
        try withUnsafeTemporaryAllocation(
            byteCount: ExtendedStream.parametersByteCount,
            alignment: 8
        ) { bytes in
            parameters.write(to: bytes)
            try writer.write(OutgoingRecord(.parameters, UnsafeRawBufferPointer(bytes)))
        }
        try writer.write(OutgoingRecord(.headers, headers))
        writer.note(pages.statistics)
    }

    // MARK: The work of a thread

    private func work(in memory: EncodingMemory, _ didEncode: (EncodedRecord) -> Void) {
        var ticket = workers.takeTicket()
        while reading.enter(ticket) {
            do {
                let treatment = policy.nextTreatment()
                let piece = try reader.read(into: memory)
                let idleMemory = reader.claimIdleMemory()
                // The next thread would take longer to wake up than this one takes for it, or could do
                // no more than this one.
                let isForOne = piece.isShort || codesInTurn && !policy.isLinkBusy
                let keepsTurns = isForOne && !piece.isEnd
                // Nothing is read beyond END.
                if piece.isEnd {
                    reading.close()
                } else if readsAhead, !keepsTurns {
                    reading.leave()
                }
                idleMemory?.giveBack()
                let (survey, surveySeconds) = timed { self.survey(piece, treatment, memory) }
                guard matching.enter(ticket) else { return }
                let (unit, seconds) = timed {
                    pages.match(piece, treatment, survey: survey, into: memory)
                }
                let lane = unit.effort == nil ? nil : lanes?.take()
                let keepsMatching = codesInTurn || lane != nil && policy.isOneThreadEnough
                if !keepsMatching, !keepsTurns { leaveMatching(unit) }
                let encoded = try encode(unit, lane, memory, (surveySeconds, seconds))
                if keepsMatching, !keepsTurns { leaveMatching(unit) }
                guard writing.enter(ticket) else { return }
                try write(encoded, of: unit, didEncode)
                if keepsTurns { continue }
                if !readsAhead, unit.isInInput { reading.leave() }
                writing.leave()
                if unit.isEnd { return workers.finish() }
                ticket = workers.takeTicket()
            } catch {
                // What was read before is still written; what comes after is not.
                reading.close()
                if writing.enter(ticket) { workers.fail(error) }
                matching.close()
                writing.close()
                return
            }
        }
    }

    /// Takes the fingerprints of a batch that is to be coded, if other threads work meanwhile.
    private func survey(
        _ piece: StockPiece,
        _ treatment: BatchTreatment,
        _ memory: EncodingMemory
    ) -> PageSurvey? {
        guard readsAhead, !codesInTurn, treatment != .whole,
            case .batch(_, let batch, _) = piece.content
        else {
            return nil
        }
        memory.survey.look(at: batch.pages, count: batch.pageCount)
        return memory.survey
    }

    /// Lets the next thread match, and read if it could not yet.
    private func leaveMatching(_ unit: EncodingUnit) {
        matching.leave()
        if !readsAhead, !unit.isEnd, !unit.isInInput { reading.leave() }
    }

    /// Codes a batch and compresses what is to be compressed, beside other threads.
    private func encode(
        _ unit: EncodingUnit,
        _ lane: Lane?,
        _ memory: EncodingMemory,
        _ secondsBefore: (survey: Double, matching: Double)
    ) throws -> EncodedUnit {
        switch unit.content {
        case .fragment(let bytes, let continues):
            return EncodedUnit(
                records: [OutgoingRecord(fragment: [bytes], continues: continues)]
            )
        case .whole(let header, let body):
            return EncodedUnit(records: OutgoingRecord.fragments(of: header, body))
        case .batch(let stockByteCount):
            let (batch, seconds) = timed {
                memory.writer.write(
                    memory.matches,
                    residue: unit.effort == nil ? .sent : .compressed
                )
            }
            policy.update {
                $0.noteCoding(
                    stockByteCount: stockByteCount,
                    residueByteCount: batch.byteCount,
                    besideSeconds: secondsBefore.survey + seconds,
                    inTurnSeconds: secondsBefore.matching
                )
            }
            return EncodedUnit(
                records: [try compress(batch, unit.effort, lane, memory)],
                pages: batch.statistics
            )
        }
    }

    private func compress(
        _ batch: CodedBatch,
        _ effort: CompressionEffort?,
        _ lane: Lane?,
        _ memory: EncodingMemory
    ) throws -> OutgoingRecord {
        guard let lane, let effort else { return OutgoingRecord(batch) }
        let start = ContinuousClock.now
        let body = try lane.compressor.compress(
            batch,
            effort: effort,
            lane: lane.number,
            into: memory.compressed
        )
        lanes?.giveBack(lane)
        let record = OutgoingRecord(compressed: body)
        policy.update {
            $0.noteCompression(
                effort: effort,
                residueByteCount: batch.byteCount,
                compressedByteCount: record.byteCount,
                seconds: (ContinuousClock.now - start).inSeconds
            )
        }
        return record
    }

    private func write(
        _ encoded: EncodedUnit,
        of unit: EncodingUnit,
        _ didEncode: (EncodedRecord) -> Void
    ) throws {
        for record in encoded.records {
            let time = try writer.write(record)
            policy.update {
                $0.noteWrite(
                    byteCount: record.byteCount,
                    seconds: time.writing.inSeconds,
                    idleSeconds: time.idle.inSeconds
                )
            }
        }
        writer.note(unit.statistics)
        writer.statistics.pages += encoded.pages
        if unit.completedType == StockRecordType.pageData {
            writer.statistics.noteTreatment(unit.treatment)
        }
        guard let type = unit.completedType else { return }
        didEncode(
            EncodedRecord(
                isCheckpoint: type == StockRecordType.checkpoint,
                statistics: writer.statistics
            )
        )
    }
}

/// What is to be written for a piece of the stream.
private struct EncodedUnit {
    let records: [OutgoingRecord]
    /// What pages were coded as.
    var pages = PageStatistics()
}

/// What an encoder tells after each libxc record.
public struct EncodedRecord: Sendable {
    /// Whether the record was a CHECKPOINT.
    public let isCheckpoint: Bool
    /// What was encoded so far.
    public let statistics: StreamStatistics
}

/// The policy, for all threads.
private final class SharedCompressionPolicy: Sendable {
    private let policy: Mutex<CompressionPolicy>

    init(_ policy: CompressionPolicy) {
        self.policy = Mutex(policy)
    }

    func nextTreatment() -> BatchTreatment {
        policy.withLock { $0.nextTreatment() }
    }

    var isOneThreadEnough: Bool {
        policy.withLock { $0.isOneThreadEnough }
    }

    var isLinkBusy: Bool {
        policy.withLock { $0.isLinkBusy }
    }

    func update(_ body: (inout CompressionPolicy) -> Void) {
        policy.withLock { body(&$0) }
    }
}

extension Duration {
    /// As a number, for computing.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

/// Tells what `body` takes.
private func timed<Result>(_ body: () -> Result) -> (Result, seconds: Double) {
    let start = ContinuousClock.now
    let result = body()
    return (result, (ContinuousClock.now - start).inSeconds)
}
