import Glibc
import PageCodec
import Synchronization
import TestSupport
import Testing

@testable import MigrationStream

/// Encoders and decoders with several threads.
struct ThreadedStreamTests {
    private struct Broken: Error, Equatable {}

    private static let compressions = [
        Compression.off, .level(-5), .level(1), .level(6), .auto,
    ]

    /// Many short batches, so that the threads meet often.
    private static func stock(seed: UInt64) -> [UInt8] {
        var guest = RandomGuest(seed: seed, pageCount: 60)
        return guest.stream(roundCount: 4)
    }

    /// Small batches of all kinds between long records and `PAGE_DATA` that cannot be coded.
    private static let mixedStock: [UInt8] = {
        var guest = RandomGuest(seed: 1, pageCount: 60)
        var builder = StockStreamBuilder()
        builder.appendStaticData()
        builder.append(pages: guest.allPages(), entriesPerBatch: 7)
        builder.append(
            LibxcRecord.pageData,
            StockStreamBuilder.pageDataBody(
                (0..<600).map { GuestPage($0, Content.noise($0)) },
                reserved: 1
            )
        )
        builder.append(pages: guest.nextRound(), entriesPerBatch: 3)
        builder.append(LibxcRecord.checkpoint)
        builder.append(LibxcRecord.hvmContext, Content.noise(7, byteCount: (2 << 20) + 11))
        builder.append(
            LibxcRecord.pageData,
            StockStreamBuilder.pageDataBody((0..<1100).map { GuestPage($0, Content.noise($0)) })
        )
        builder.append(pages: guest.nextRound(), entriesPerBatch: 5)
        builder.append(LibxcRecord.checkpoint)
        builder.append(pages: guest.nextRound(), entriesPerBatch: 1)
        builder.appendProcessorState()
        builder.appendEnd()
        return builder.bytes
    }()

    // MARK: Round trips

    @Test(arguments: compressions, [1, 2, 4, 8])
    func randomGuestsComeBack(_ compression: Compression, threads: Int) throws {
        let seed = SeededGenerator.seedOfRun
        for number in 0..<12 as Range<UInt64> {
            let stock = Self.stock(seed: seed &+ number)
            let encoded = try encode(
                stock,
                compression: compression,
                threads: threads,
                readsAhead: number % 3 != 0
            )
            #expect(encoded.statistics.stockByteCount == stock.count)
            #expect(encoded.statistics.extendedByteCount == encoded.bytes.count)
            for decodingThreads in [1, 2, 4, 8] {
                let decoded = try decode(
                    encoded.bytes,
                    threads: decodingThreads,
                    readsAhead: number % 2 == 0
                )
                let isSame = decoded.bytes == stock
                #expect(isSame, "CLOUDNET_TEST_SEED=\(seed), \(decodingThreads) threads")
                #expect(
                    encoded.statistics.counts == decoded.statistics.counts,
                    "CLOUDNET_TEST_SEED=\(seed), \(decodingThreads) threads"
                )
            }
        }
    }

    @Test(arguments: compressions)
    func longAndUncodedRecordsComeBack(_ compression: Compression) throws {
        for (threads, readsAhead) in [(1, true), (2, true), (4, false), (4, true), (8, true)] {
            let encoded = try encode(
                Self.mixedStock,
                compression: compression,
                threads: threads,
                readsAhead: readsAhead
            )
            let decoded = try decode(encoded.bytes, threads: threads)
            let isSame = decoded.bytes == Self.mixedStock
            #expect(isSame, "\(threads) threads")
            #expect(encoded.statistics.counts == decoded.statistics.counts)
            // The records are the same ones in the same order, however many threads there are.
            let expected = try ExtendedStreamParts(encode(Self.mixedStock).bytes).records
            let records = try ExtendedStreamParts(encoded.bytes).records
            #expect(records.map(\.flags) == expected.map(\.flags))
        }
    }

    @Test func oneThreadOrNoCompressionGivesTheSameBytesEachTime() throws {
        let stock = Self.stock(seed: SeededGenerator.seedOfRun)
        for (compression, threads) in [
            (Compression.off, 1), (.level(3), 1), (.off, 4), (.off, 8),
        ] {
            let first = try encode(stock, compression: compression, threads: threads).bytes
            let second = try encode(stock, compression: compression, threads: threads).bytes
            let isSame = first == second
            #expect(isSame, "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)")
        }
        let isSame = try encode(stock).bytes == encode(stock, threads: 8).bytes
        #expect(isSame, "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)")
    }

    @Test(arguments: [1, 2, 4, 8])
    func whatTheSourceHoldsIsCachedWithoutACopy(threads: Int) throws {
        let seed = SeededGenerator.seedOfRun
        for number in 0..<8 as Range<UInt64> {
            // More than the cache of 1 MiB, so that places are used again.
            var guest = RandomGuest(seed: seed &+ number, pageCount: 400)
            let stock = guest.stream(roundCount: 4)
            let held = try encode(from: HeldSource(stock), threads: threads)
            let isSame = try held.bytes == encode(stock).bytes
            #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    @Test(arguments: [1, 2, 4, 8], [Compression.off, .level(1), .auto])
    func whatTheSourceHoldsIsDecodedWithoutACopy(
        threads: Int,
        compression: Compression
    ) throws {
        let seed = SeededGenerator.seedOfRun
        for number in 0..<8 as Range<UInt64> {
            var guest = RandomGuest(seed: seed &+ number, pageCount: 400)
            let stock = guest.stream(roundCount: 4)
            let extended = try encode(stock, compression: compression).bytes
            let decoded = try decode(from: HeldSource(extended), threads: threads)
            let isSame = decoded.bytes == stock
            #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    @Test(arguments: [1, 2, 4])
    func aRunOfBatchesWithoutContentIsOneThreadsWork(threads: Int) throws {
        var builder = StockStreamBuilder()
        builder.appendStaticData()
        for round in 0..<3 as Range<UInt64> {
            let pages = (0..<40).map { GuestPage($0, Content.noise($0 + 100 * round)) }
            builder.append(pages: pages, entriesPerBatch: 8)
            for batch in 0..<30 as Range<UInt64> {
                let holes: [GuestPage] = (0..<1024).map {
                    .empty(1024 * (batch + 1) + $0, type: 15)
                }
                builder.append(pages: holes, entriesPerBatch: 1024)
            }
        }
        builder.appendProcessorState()
        builder.appendEnd()
        for readsAhead in [false, true] {
            let encoded = try encode(builder.bytes, threads: threads, readsAhead: readsAhead)
            let isSame = try decode(encoded.bytes, threads: threads).bytes == builder.bytes
            #expect(isSame)
        }
    }

    @Test func severalThreadsUseSeveralLanes() throws {
        let pages = (0..<4096 as Range<UInt64>).map { GuestPage($0, Content.noise($0)) }
        let stock = StockStreamBuilder.stream(rounds: [pages], entriesPerBatch: 256)
        let parts = try ExtendedStreamParts(
            encode(stock, compression: .level(9), threads: 4).bytes
        )
        #expect(parts.records[0].body[33] == 4)
        let batches = parts.records.filter { $0.kind == RecordKind.compressedPages.rawValue }
        let lanes = Set(batches.map { $0.body[16] })
        #expect(lanes.isSubset(of: [0, 1, 2, 3]) && lanes.contains(0) && lanes.count > 1)
    }

    // MARK: When bytes move, and callbacks

    @Test(arguments: [1, 2, 4, 8])
    func encoderCallsBackInOrderAndReadsNothingBeyondTheEnd(_ threads: Int) throws {
        let size = try #require(CacheSize(mebibytes: 1))
        for _ in 0..<20 {
            let source = MemorySource(SmallStream.stock + SmallStream.stock)
            let sink = MemorySink()
            let encoder = try StreamEncoder(
                from: source,
                to: sink,
                cacheSize: size,
                compression: .level(1),
                threads: try #require(ThreadCount(threads))
            )
            let calls = OneAtATime()
            let records = Collected<(written: Int, counted: Int, isCheckpoint: Bool)>()
            try encoder.run { record in
                calls.note {
                    records.append(
                        (
                            sink.bytes.count, record.statistics.extendedByteCount,
                            record.isCheckpoint
                        )
                    )
                }
            }
            let all = records.all
            #expect(!calls.hasOverlapped)
            #expect(all.map(\.written) == all.map(\.counted))
            #expect(
                all.map(\.isCheckpoint) == [false, false, false, false, true, false, false]
            )
            #expect(all.last?.written == sink.bytes.count)
            #expect(source.readByteCount == SmallStream.stock.count)
        }
    }

    @Test(arguments: [1, 2, 4, 8])
    func decoderReadsNothingBeyondTheEndOrACheckpoint(_ threads: Int) throws {
        let encoded = try encode(Self.mixedStock, compression: .level(1), threads: 4).bytes
        var ends: [Int] = []
        var offset = 24
        for record in try ExtendedStreamParts(encoded).records {
            offset += 24 + record.body.count
            let isCheckpoint =
                record.kind == RecordKind.stockRecord.rawValue && record.body.count == 8
                && record.body[0] == UInt8(LibxcRecord.checkpoint)
            if isCheckpoint { ends.append(offset) }
        }
        #expect(ends.count == 2)
        for _ in 0..<5 {
            let source = MemorySource(encoded + encoded)
            let sink = MemorySink()
            let decoder = StreamDecoder(
                from: source,
                to: sink,
                cacheByteCountMaximum: 64 << 20,
                threads: try #require(ThreadCount(threads))
            )
            let calls = OneAtATime()
            let found = Collected<Int>()
            _ = try decoder.run(acceptsStockStream: false) {
                calls.note {
                    // Whoever is about to read gets the chance.
                    for _ in 0..<10 { sched_yield() }
                    found.append(source.readByteCount)
                }
            }
            #expect(!calls.hasOverlapped)
            #expect(found.all == ends)
            #expect(source.readByteCount == encoded.count)
            let isSame = sink.bytes == Self.mixedStock
            #expect(isSame)
        }
    }

    @Test(arguments: [1, 2, 4])
    func errorOfACheckpointEndsTheDecoding(_ threads: Int) throws {
        let encoded = try encode(SmallStream.stock, compression: .level(1)).bytes
        let source = MemorySource(encoded)
        let sink = MemorySink()
        let decoder = StreamDecoder(
            from: source,
            to: sink,
            cacheByteCountMaximum: 64 << 20,
            threads: try #require(ThreadCount(threads))
        )
        #expect(throws: Broken()) {
            _ = try decoder.run(acceptsStockStream: false) { throw Broken() }
        }
        #expect(sink.bytes.count == SmallStream.stock.count - 8 - (8 + 16))
        #expect(SmallStream.stock.starts(with: sink.bytes))
        let records = try ExtendedStreamParts(encoded).records
        #expect(
            source.readByteCount == encoded.count
                - records.suffix(2).reduce(0) { $0 + 24 + $1.body.count }
        )
    }

    // MARK: Errors

    /// Where the records of a libxc stream start.
    private static func recordStarts(_ stock: [UInt8]) -> [Int] {
        var starts: [Int] = []
        var offset = 40
        while offset < stock.count {
            starts.append(offset)
            offset += 8 + (Int(stock.number(at: offset + 4, as: UInt32.self)) + 7) / 8 * 8
        }
        return starts
    }

    @Test(arguments: [1, 2, 4])
    func whatCameBeforeAnErrorOfTheSourceIsWritten(_ threads: Int) throws {
        let stock = SmallStream.stock
        let expected = try encode(stock).bytes
        var ends = [24]
        for record in try ExtendedStreamParts(expected).records {
            ends.append((ends.last ?? 0) + 24 + record.body.count)
        }
        let size = try #require(CacheSize(mebibytes: 1))
        for (number, start) in Self.recordStarts(stock).enumerated() {
            for offset in [start, start + 3, start + 7] {
                let sink = MemorySink()
                let encoder = try StreamEncoder(
                    from: EndingSource(stock, at: offset) { throw Broken() },
                    to: sink,
                    cacheSize: size,
                    threads: try #require(ThreadCount(threads))
                )
                #expect(throws: Broken()) { try encoder.run() }
                // Image header, PARAMETERS and HEADERS, and a record for each.
                #expect(sink.bytes == [UInt8](expected.prefix(ends[2 + number])))
            }
        }
    }

    /// While the link takes one batch, a single thread codes the next one.
    @Test(arguments: [Compression.off, .level(1), .auto], [true, false])
    func oneThreadDoesNotWaitForTheLink(_ compression: Compression, sourceKeepsContent: Bool) throws
    {
        var builder = StockStreamBuilder()
        builder.append(pages: (0..<8).map { GuestPage($0, Content.noise($0)) })
        let firstEnd = builder.bytes.count
        builder.append(pages: (8..<16).map { GuestPage($0, Content.noise($0)) })
        builder.appendEnd()
        let stock = builder.bytes
        let isBeyondFirst = Flag()
        let sink = SlowSink(slowWrite: 3) { isBeyondFirst.waits() }
        try StreamEncoder(
            from: EndingSource(stock, at: firstEnd, keepsContent: sourceKeepsContent) {
                isBeyondFirst.set()
            },
            to: sink,
            cacheSize: try #require(CacheSize(mebibytes: 1)),
            compression: compression
        ).run()
        #expect(sink.wasInTime)
        let isSame = try decode(sink.bytes).bytes == stock
        #expect(isSame)
    }

    /// A file never makes anybody wait.
    @Test func oneThreadWritesToAFileByItself() throws {
        let here = pthread_self()
        let sink = SlowSink(slowWrite: 3, bufferByteCount: 0) { pthread_self() == here }
        try StreamEncoder(
            from: MemorySource(Self.stock(seed: 1)),
            to: sink,
            cacheSize: try #require(CacheSize(mebibytes: 1))
        ).run()
        #expect(sink.wasInTime)
    }

    @Test(arguments: [1, 2, 4])
    func encoderReportsAnErrorOfTheSinkAlthoughTheSourceBlocks(_ threads: Int) throws {
        let stock = SmallStream.stock
        let counter = BreakingSink(at: -1)
        let size = try #require(CacheSize(mebibytes: 1))
        try StreamEncoder(from: MemorySource(stock), to: counter, cacheSize: size).run()
        #expect(counter.writeCount == 10)
        for number in 0..<counter.writeCount - 1 {
            let gate = Gate()
            let sink = BreakingSink(at: number)
            let encoder = try StreamEncoder(
                from: EndingSource(stock, at: stock.count - 8) { gate.wait() },
                to: sink,
                cacheSize: size,
                compression: .level(1),
                threads: try #require(ThreadCount(threads))
            )
            #expect(throws: BreakingSink.Broken()) { try encoder.run() }
            #expect(sink.writeCount == number + 1)
            gate.open()
        }
    }

    @Test(arguments: [2, 4])
    func decoderReportsAnErrorOfTheSinkAlthoughTheSourceBlocks(_ threads: Int) throws {
        let encoded = try encode(SmallStream.stock, compression: .level(1), threads: 2).bytes
        // HEADERS and the libxc records but for END, which has 32 bytes.
        for number in 0..<7 {
            let gate = Gate()
            let sink = BreakingSink(at: number)
            let decoder = StreamDecoder(
                from: EndingSource(encoded, at: encoded.count - 32) { gate.wait() },
                to: sink,
                cacheByteCountMaximum: 64 << 20,
                threads: try #require(ThreadCount(threads))
            )
            #expect(throws: BreakingSink.Broken()) {
                _ = try decoder.run(acceptsStockStream: false)
            }
            #expect(sink.writeCount == number + 1)
            gate.open()
        }
    }

    @Test(arguments: [Compression.off, .level(1)])
    func damageIsReportedLikeByOneThread(_ compression: Compression) throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        let encoded = try encode(SmallStream.stock, compression: compression, threads: 4).bytes
        for offset in encoded.indices {
            var damaged = encoded
            damaged[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try expectSameOutcome(damaged, "byte \(offset), CLOUDNET_TEST_SEED=\(seed)")
            try expectSameOutcome(
                [UInt8](encoded.prefix(offset)),
                "cut to \(offset), CLOUDNET_TEST_SEED=\(seed)"
            )
        }
    }

    /// Batches whose checksums are right, so that the error appears when they are expanded or decoded,
    /// perhaps on two threads at once.
    @Test func wrongBatchesAreReportedLikeByOneThread() throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        let parts = try ExtendedStreamParts(
            encode(Self.stock(seed: seed), compression: .level(1), threads: 4).bytes
        )
        let batches = parts.records.indices.filter {
            parts.records[$0].kind == RecordKind.compressedPages.rawValue
        }
        for _ in 0..<150 {
            var damaged = parts
            for _ in 0..<2 {
                let index = try #require(batches.randomElement(using: &generator))
                let offset = damaged.records[index].body.indices.randomElement(using: &generator)
                damaged.records[index].body[offset ?? 0] ^= UInt8.random(
                    in: 1...255,
                    using: &generator
                )
            }
            try expectSameOutcome(damaged.bytes, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    private func expectSameOutcome(_ bytes: [UInt8], _ comment: String) throws {
        let expected = try outcome(ofDecoding: bytes)
        let found = try outcome(ofDecoding: bytes, threads: 4)
        #expect(found.error == expected.error, "\(comment)")
        let isSame = found.output == expected.output
        #expect(isSame, "\(comment)")
    }
}

/// Notices calls that overlap.
private final class OneAtATime: Sendable {
    private let insideCount = Atomic(0)
    private let overlapCount = Atomic(0)

    var hasOverlapped: Bool { overlapCount.load(ordering: .sequentiallyConsistent) > 0 }

    func note(_ body: () -> Void) {
        if insideCount.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue > 0 {
            overlapCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
        }
        sched_yield()
        body()
        insideCount.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
}

/// A door that threads wait at until it is opened.
private final class Gate: Sendable {
    private let turns = Turns()

    func wait() { _ = turns.enter(1) }

    func open() { turns.close() }
}

/// What one thread says and another waits for, but not for ever.
private final class Flag: Sendable {
    private let isSet = Atomic(false)

    func set() { isSet.store(true, ordering: .sequentiallyConsistent) }

    func waits() -> Bool {
        for _ in 0..<3000 where !isSet.load(ordering: .sequentiallyConsistent) { usleep(10_000) }
        return isSet.load(ordering: .sequentiallyConsistent)
    }
}

/// A stream from memory at whose end something happens.
private struct EndingSource: ByteSource {
    var keepsContent: Bool { bytes.keepsContent }

    private let bytes: MemorySource
    private let end: Int
    private let atEnd: () throws -> Void

    init(
        _ bytes: [UInt8],
        at end: Int,
        keepsContent: Bool = false,
        _ atEnd: @escaping () throws -> Void
    ) {
        self.bytes = MemorySource(bytes, keepsContent: keepsContent)
        self.end = end
        self.atEnd = atEnd
    }

    mutating func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer {
        if bytes.readByteCount + byteCount > end { try atEnd() }
        return bytes.next(byteCount, scratch: scratch)
    }
}

/// A sink to memory that waits for something in one of its writes.
///
/// SAFETY: as for `MemorySink`.
private final class SlowSink: ByteSink, @unchecked Sendable {
    let bufferByteCount: Int?
    var bytes: [UInt8] { memory.bytes }
    private(set) var wasInTime = false

    private let memory = MemorySink()
    private let slowWrite: Int
    private let wait: () -> Bool
    private var writeCount = 0

    init(slowWrite: Int, bufferByteCount: Int? = nil, _ wait: @escaping () -> Bool) {
        self.slowWrite = slowWrite
        self.bufferByteCount = bufferByteCount
        self.wait = wait
    }

    func write(_ pieces: [UnsafeRawBufferPointer]) {
        if writeCount == slowWrite { wasInTime = wait() }
        writeCount += 1
        memory.write(pieces)
    }
}

/// A sink that breaks at a write.
///
/// SAFETY: as for `MemorySink`.
private final class BreakingSink: ByteSink, @unchecked Sendable {
    struct Broken: Error, Equatable {}

    private(set) var writeCount = 0
    private let brokenWrite: Int

    init(at brokenWrite: Int) {
        self.brokenWrite = brokenWrite
    }

    func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        writeCount += 1
        if writeCount == brokenWrite &+ 1 { throw Broken() }
    }
}
