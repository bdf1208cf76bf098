import PageCodec
import TestSupport
import Testing

@testable import MigrationStream

/// Streams whose batches are compressed.
struct CompressionTests {
    private static let levels = [-20, -5, -1, 1, 3, 9]

    @Test(arguments: levels)
    func guestComesBackAtEveryLevel(_ level: Int) throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed, pageCount: 700)
        let stock = guest.stream(roundCount: 3)
        let encoded = try encode(stock, compression: .level(level))
        let decoded = try decode(encoded.bytes)
        let isSame = decoded.bytes == stock
        #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
        #expect(encoded.statistics.counts == decoded.statistics.counts)
        let kinds = try ExtendedStreamParts(encoded.bytes).records.map(\.kind)
        #expect(kinds.contains(RecordKind.compressedPages.rawValue))
        #expect(!kinds.contains(RecordKind.pages.rawValue))
    }

    @Test func textTakesFewerBytesThanWithout() throws {
        let text = Array("All work and no play makes a page compressible. ".utf8)
        let pages = (0..<300).map { index in
            let content = (0..<4096).map { text[($0 * 7 + index) % text.count] &+ UInt8($0 & 1) }
            return GuestPage(UInt64(index), content)
        }
        let stock = StockStreamBuilder.stream(rounds: [pages])
        let plain = try encode(stock).bytes.count
        let compressed = try encode(stock, compression: .level(1)).bytes.count
        #expect(compressed * 4 < plain)
    }

    @Test func noiseTakesHardlyMoreBytesThanWithout() throws {
        let pages = (0..<1024).map { GuestPage(UInt64($0), Content.noise(UInt64($0))) }
        let stock = StockStreamBuilder.stream(rounds: [pages])
        let plain = try encode(stock).bytes
        let compressed = try encode(stock, compression: .level(3)).bytes
        #expect(compressed.count < plain.count + 2048)
        #expect(try decode(compressed).bytes == stock)
    }

    @Test func batchOfZeroPagesHasNoLiterals() throws {
        let pages = (0..<1024).map { GuestPage(UInt64($0), Content.zero) }
        let stock = StockStreamBuilder.stream(rounds: [pages, pages])
        #expect(try decode(encode(stock, compression: .level(1)).bytes).bytes == stock)
    }

    /// `xl save` writes to a file: it takes bytes at any speed and yet should be small.
    @Test func fileIsCompressedWhateverItsSpeed() throws {
        final class File: ByteSink {
            let keepsBytes = true
            func write(_ pieces: [UnsafeRawBufferPointer]) {}
        }
        var guest = RandomGuest(seed: 1, pageCount: 700)
        let size = try #require(CacheSize(mebibytes: 1))
        let encoder = try StreamEncoder(
            from: MemorySource(guest.stream(roundCount: 3)),
            to: File(),
            cacheSize: size,
            compression: .auto
        )
        try encoder.run()
        #expect(Set(encoder.statistics.treatmentBatchCounts.keys) == ["1"])
    }

    // MARK: Damage and hostility

    @Test func bitFlippedAnywhereIsRefused() throws {
        let stream = try encode(SmallStream.stock, compression: .level(1)).bytes
        for bit in 0..<stream.count * 8 {
            var damaged = stream
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let outcome = try outcome(ofDecoding: damaged)
            #expect(outcome.error != nil, "bit \(bit)")
        }
    }

    @Test func streamCutAtAnyByteIsRefused() throws {
        let stream = try encode(SmallStream.stock, compression: .level(1)).bytes
        for byteCount in 0..<stream.count {
            let outcome = try outcome(ofDecoding: [UInt8](stream.prefix(byteCount)))
            guard case .endsEarly = outcome.error else {
                Issue.record("cut to \(byteCount) bytes: \(String(describing: outcome.error))")
                continue
            }
        }
    }

    /// What the first compressed batch is refused with after a change, its checksum made right.
    private func refusal(
        level: Int = 1,
        _ change: (inout ExtendedStreamParts, _ batchIndex: Int) throws -> Void
    ) throws -> StreamError? {
        var parts = try ExtendedStreamParts(
            encode(SmallStream.stock, compression: .level(level)).bytes
        )
        let index = try #require(
            parts.records.firstIndex { $0.kind == RecordKind.compressedPages.rawValue }
        )
        try change(&parts, index)
        return try outcome(ofDecoding: parts.bytes).error
    }

    @Test func mutatedBatchNeverTraps() throws {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        var refusedCount = 0
        for _ in 0..<1000 {
            let error = try refusal { parts, index in
                let offset = Int.random(
                    in: 0..<parts.records[index].body.count,
                    using: &generator
                )
                parts.records[index].body[offset] ^= UInt8.random(in: 1...255, using: &generator)
            }
            if error != nil { refusedCount += 1 }
        }
        // zstd does not look at every bit; without those, the content is right all the same.
        #expect(refusedCount > 900, "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)")
    }

    @Test func compressedBatchWithoutTheFeatureIsOutOfPlace() throws {
        let error = try refusal { parts, _ in
            parts.records[0].body[16] = 0
            parts.records[0].body[32] = 0
            parts.records[0].body[33] = 0
        }
        #expect(error == .recordOutOfPlace(kind: .compressedPages))
    }

    @Test(arguments: [0, 9, 26, 255] as [UInt8])
    func windowOfAnotherSizeIsRefused(_ windowLog: UInt8) throws {
        let error = try refusal { parts, _ in parts.records[0].body[32] = windowLog }
        #expect(error == .windowOutOfRange(windowLog: Int(windowLog), laneCount: 1))
    }

    @Test func frameWithALargerWindowThanAnnouncedIsRefused() throws {
        // Level 6 looks back over batches; a frame that is one batch needs no window.
        let error = try refusal(level: 6) { parts, _ in parts.records[0].body[32] = 10 }
        guard case .compressionFailed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func piecesThatDoNotFillTheBodyAreRefused() throws {
        for offset in [0, 4] {
            for value in [1, 200, 255] as [UInt8] {
                let error = try refusal { $0.records[$1].body[offset + 1] = value }
                guard case .recordLengthOutOfRange(kind: .compressedPages, _) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Test func sectionsThatExpandToAnotherLengthAreRefused() throws {
        // The lengths of the entry, class, control and literal section in the batch header.
        for offset in [28, 32, 36, 40] {
            let more = try refusal { $0.records[$1].body[offset] += 1 }
            guard case .expandedLengthMismatch = more else {
                Issue.record("\(String(describing: more))")
                continue
            }
        }
        // zstd may keep what does not fit to itself; then the batch is too short for its entries.
        #expect(try refusal { $0.records[$1].body[28] -= 1 } != nil)
        let absurd = try refusal { $0.records[$1].body[43] = 255 }
        guard case .recordLengthOutOfRange(kind: .compressedPages, _) = absurd else {
            Issue.record("\(String(describing: absurd))")
            return
        }
    }

    // MARK: What can be asked for

    @Test(arguments: [("off", Compression.off), ("1", .level(1)), ("-20", .level(-20))])
    func choiceIsRead(_ text: String, expected: Compression) {
        #expect(Compression(text) == expected)
    }

    @Test(arguments: ["", "0", "10", "-21", "on", "1.5", "OFF"])
    func otherTextIsNoChoice(_ text: String) {
        #expect(Compression(text) == nil)
    }
}
