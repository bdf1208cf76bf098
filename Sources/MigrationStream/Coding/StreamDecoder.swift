internal import PageCodec

/// Turns an extended stream back into the libxc stream, byte for byte; passes a libxc stream on.
///
/// Each thread reads a record, in turn; expands it beside the others, in the order of its lane;
/// rebuilds its pages, in turn, since the page cache has an order; checks them beside the others; and
/// writes them, in turn. It never
/// reads a byte beyond the END record, or beyond a CHECKPOINT record before it is told to: those
/// belong to libxl. Nothing of a record is written before its checksum was found right. Memory: what
/// `PageDecoder` takes, the windows of all lanes, and for each thread three page batches.
public final class StreamDecoder<Source: ByteSource, Sink: ByteSink>: @unchecked Sendable {
    /// What was decoded so far; to be asked before or after `run`, or while it calls back.
    public private(set) var statistics = StreamStatistics()

    // SAFETY: `reader` is touched in the turns of `reading` only, `pages` in those of `decoding`,
    // sink and statistics in those of `writing`, a lane in those of its own, and each of the memories
    // by one thread.
    private var reader: DecodingReader<Source>
    private var pages: BatchDecoding?
    private var sink: Sink
    private let cacheByteCountMaximum: Int
    private let threadCount: Int
    private let memories: [DecodingMemory]

    private let reading = Turns()
    private let decoding = Turns()
    private let writing = Turns()
    private let workers = Workers()

    /// Creates a decoder; it takes its memory when it knows what the sender uses.
    ///
    /// - Parameters:
    ///   - source: The stream.
    ///   - sink: Where the libxc stream goes.
    ///   - cacheByteCountMaximum: The most memory that the sender may ask for.
    ///   - threads: How many threads decode.
    public init(
        from source: Source,
        to sink: Sink,
        cacheByteCountMaximum: Int,
        threads: ThreadCount = .one
    ) {
        reader = DecodingReader(source, readsAhead: threads.value > 1)
        self.sink = sink
        self.cacheByteCountMaximum = cacheByteCountMaximum
        threadCount = threads.value
        memories = (0..<threadCount).map { _ in DecodingMemory() }
    }

    /// Decodes up to and including the END record.
    ///
    /// When it throws, another thread may still wait for the source; what that needs stays alive as
    /// long.
    ///
    /// - Parameters:
    ///   - acceptsStockStream: Whether a libxc stream is passed on, rather than refused.
    ///   - didDecodeCheckpoint: Called after each CHECKPOINT record was written, on any thread; the
    ///     source is read again when it returns.
    /// - Returns: The format that the stream had.
    /// - Throws: `StreamError` for anything that no sender writes, or what source or sink throw.
    public func run(
        acceptsStockStream: Bool,
        didDecodeCheckpoint: @escaping @Sendable () throws -> Void = {}
    ) throws -> StreamFormat {
        let memory = memories[0]
        let header = memory.input.prefix(StockStream.imageHeaderByteCount)
        try reader.source.copyNext(into: header, of: .imageHeader)
        let image = try ImageHeader(reading: UnsafeRawBufferPointer(header))
        switch image.format {
        case .stock:
            guard acceptsStockStream else { throw StreamError.wrongFormat(found: .stock) }
            try passOnStockStream(UnsafeRawBufferPointer(header), didDecodeCheckpoint)
        case .extended:
            statistics.extendedByteCount += header.count
            try decodeHeaders(memory)
            do {
                try workers.run(threadCount: threadCount) { number in
                    self.work(in: self.memories[number], didDecodeCheckpoint)
                }
            } catch {
                for turns in [reading, decoding, writing] { turns.close() }
                throw error
            }
        }
        return image.format
    }

    // MARK: Extended

    private func decodeHeaders(_ memory: DecodingMemory) throws {
        let parameters = try StreamParameters(
            reading: try reader.readRecord(mustBe: .parameters, into: memory.input).body
        )
        pages = try makeBatchDecoding(parameters)
        reader.lanes = try (0..<(parameters.lanes?.count ?? 0)).map { _ in
            try ExpansionLane(windowLog: parameters.lanes?.windowLog ?? 0)
        }
        let headers = try reader.readRecord(mustBe: .headers, into: memory.input).body
        let image = try ImageHeader(
            reading: UnsafeRawBufferPointer(
                rebasing: headers.prefix(StockStream.imageHeaderByteCount)
            )
        )
        guard image.format == .stock else { throw StreamError.wrongFormat(found: image.format) }
        try write([headers])
        statistics.extendedByteCount += reader.recordsByteCount
    }

    private func makeBatchDecoding(_ parameters: StreamParameters) throws -> BatchDecoding {
        let byteCount = CacheSize.byteCount(ofSlotCount: parameters.slotCount)
        do throws(PageCodecError) {
            guard byteCount <= cacheByteCountMaximum else {
                throw .cacheNotAllocatable(
                    byteCount: byteCount,
                    allowedByteCount: cacheByteCountMaximum
                )
            }
            return BatchDecoding(
                try PageDecoder(
                    slotCount: parameters.slotCount,
                    cacheMemory: reader.source.holdsContent ? .source : .own,
                    batchesInUse: threadCount
                )
            )
        } catch {
            throw StreamError.page(error)
        }
    }

    // MARK: The work of a thread

    private func work(in memory: DecodingMemory, _ didDecodeCheckpoint: () throws -> Void) {
        var laneInUse: ExpansionLane?
        var ticket = workers.takeTicket()
        while reading.enter(ticket) {
            do {
                let unit = try reader.read(into: memory.input)
                let idleMemory = reader.source.claimIdleMemory()
                // The next thread would take longer to wake up than this one takes for it.
                let keepsTurns = unit.isShort && !unit.isEnd && !unit.isCheckpoint
                // Nothing is read beyond END, and beyond CHECKPOINT not yet.
                if unit.isEnd {
                    reading.close()
                } else if !unit.isCheckpoint, !keepsTurns {
                    reading.leave()
                }
                idleMemory?.giveBack()
                laneInUse = unit.lane
                guard let batch = try expand(unit, memory) else { return }
                laneInUse = nil
                guard decoding.enter(ticket) else { return }
                let output = try decode(batch, unit, memory)
                if !keepsTurns { decoding.leave() }
                try output.check()
                guard writing.enter(ticket) else { return }
                try write(output.pieces)
                statistics.takeOver(output.statistics, extendedByteCount: unit.byteCount)
                if keepsTurns { continue }
                if unit.isCheckpoint {
                    try didDecodeCheckpoint()
                    reading.leave()
                }
                writing.leave()
                if unit.isEnd { return workers.finish() }
                ticket = workers.takeTicket()
            } catch {
                // What came before is still written; what comes after is not.
                reading.close()
                laneInUse?.turns.close()
                if writing.enter(ticket) { workers.fail(error) }
                decoding.close()
                writing.close()
                return
            }
        }
    }

    /// Expands a compressed batch, beside other threads.
    ///
    /// - Returns: The body of the PAGES record, or `nil` if another thread has failed.
    private func expand(
        _ unit: DecodedUnit,
        _ memory: DecodingMemory
    ) throws -> UnsafeRawBufferPointer? {
        guard case .compressed(let stored, let lane, let laneTicket) = unit.content else {
            return unit.body
        }
        guard lane.turns.enter(laneTicket) else { return nil }
        let batch = try lane.decompressor.expand(
            stored,
            into: memory.expanded.prefix(PageFormat.batchByteCountMaximum)
        )
        lane.turns.leave()
        return batch
    }

    /// Rebuilds what libxc wrote, in the turn for that.
    private func decode(
        _ batch: UnsafeRawBufferPointer,
        _ unit: DecodedUnit,
        _ memory: DecodingMemory
    ) throws -> DecodedOutput {
        guard let pages else { preconditionFailure("pages before PARAMETERS") }
        guard let checksum = unit.batchChecksum else {
            pages.note(unit)
            return DecodedOutput(pieces: [batch], statistics: pages.statistics, batch: nil)
        }
        return try pages.decode(
            batch,
            checksum: checksum,
            checksAtOnce: threadCount == 1,
            staysInPlace: unit.staysInPlace && unit.lane == nil,
            into: memory
        )
    }

    // MARK: Stock

    /// Passes on a libxc stream whose image header is in `input`.
    private func passOnStockStream(
        _ imageHeader: UnsafeRawBufferPointer,
        _ didDecodeCheckpoint: () throws -> Void
    ) throws {
        let memory = ScratchMemory(byteCount: ExtendedStream.fragmentByteCountMaximum)
        try write([imageHeader])
        let domainHeader = memory.prefix(StockStream.domainHeaderByteCount)
        try reader.source.copyNext(into: domainHeader, of: .domainHeader)
        try write([UnsafeRawBufferPointer(domainHeader)])
        while true {
            let headerPart = memory.prefix(StockStream.recordHeaderByteCount)
            try reader.source.copyNext(into: headerPart, of: .recordHeader)
            let header = try StockRecordHeader(reading: UnsafeRawBufferPointer(headerPart))
            try write([UnsafeRawBufferPointer(headerPart)])
            var remaining = header.paddedBodyByteCount
            while remaining > 0 {
                let part = memory.prefix(
                    min(remaining, ExtendedStream.fragmentByteCountMaximum)
                )
                try reader.source.copyNext(into: part, of: .recordBody)
                try write([UnsafeRawBufferPointer(part)])
                remaining -= part.count
            }
            if header.type == StockRecordType.checkpoint { try didDecodeCheckpoint() }
            if header.type == StockRecordType.end { return }
        }
    }

    private func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        try sink.write(pieces)
        for piece in pieces { statistics.stockByteCount += piece.count }
    }
}

/// The page decoder, and its output as `PAGE_DATA` records.
private final class BatchDecoding {
    private(set) var statistics = StreamStatistics()
    private var decoder: PageDecoder

    init(_ decoder: consuming PageDecoder) {
        self.decoder = decoder
    }

    /// Notes what passes through as it is.
    func note(_ unit: DecodedUnit) {
        if let start = unit.wholeBatchStart { statistics.noteWholeBatch(start) }
        if let type = unit.completedType { statistics.noteRecord(type: type) }
    }

    /// Rebuilds a record.
    ///
    /// - Returns: The record, in `memory` and in the page cache.
    func decode(
        _ batch: UnsafeRawBufferPointer,
        checksum: UInt64,
        checksAtOnce: Bool,
        staysInPlace: Bool,
        into memory: DecodingMemory
    ) throws(StreamError) -> DecodedOutput {
        let rebuilt: RebuiltBatch
        do throws(PageCodecError) {
            rebuilt = try decoder.rebuild(
                batch,
                takesFingerprints: checksAtOnce,
                staysInPlace: staysInPlace,
                into: memory.rebuilt
            )
        } catch {
            throw .page(error)
        }
        let entries = rebuilt.entries
        let bodyByteCount =
            StockStream.pageDataHeaderByteCount + 8 * entries.count
            + rebuilt.pageCount * PageFormat.pageByteCount
        let header = memory.header.prefix(
            StockStream.recordHeaderByteCount + StockStream.pageDataHeaderByteCount
        )
        let numbers = [
            StockRecordType.pageData, UInt32(bodyByteCount), UInt32(entries.count), 0,
        ]
        for (index, number) in numbers.enumerated() {
            header.storeBytes(of: number.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
        statistics.pages = decoder.statistics
        statistics.noteBatch(
            firstPFN: PageEntry(bits: UInt64(littleEndian: entries[0])).pfn,
            lastPFN: PageEntry(bits: UInt64(littleEndian: entries[entries.count - 1])).pfn
        )
        return DecodedOutput(
            pieces: [UnsafeRawBufferPointer(header), UnsafeRawBufferPointer(entries)]
                + rebuilt.pages,
            statistics: statistics,
            batch: (rebuilt, checksum)
        )
    }
}

/// What one turn of decoding gives; a batch is still to be checked.
private struct DecodedOutput {
    let pieces: [UnsafeRawBufferPointer]
    /// What was decoded until here.
    let statistics: StreamStatistics
    let batch: (RebuiltBatch, checksum: UInt64)?

    /// Checks that a batch was rebuilt as it was sent.
    func check() throws(StreamError) {
        guard let (rebuilt, checksum) = batch else { return }
        do throws(PageCodecError) {
            try rebuilt.check(checksum)
        } catch {
            throw .page(error)
        }
    }
}
