import TestSupport
import Testing

@testable import PageCodec

struct PageCodecPropertyTests {
    @Test(arguments: [1, 2, 3, 7, 64, 1000], ResiduePlan.allCases)
    func randomGuestsComeBack(_ slotCount: Int, _ plan: ResiduePlan) throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed &+ UInt64(slotCount), pageCount: 120)
        let batches = [guest.allPages()] + (0..<7).map { _ in guest.nextRound() }
        let sent = batches.filter { !$0.isEmpty }
        let result = try roundTrip(slotCount: slotCount, sent, plan)
        let isSame = result.pages == sent
        #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
        #expect(result.statistics.pageCount == sent.joined().count { !$0.content.isEmpty })
    }

    @Test(arguments: [.sent, .mixed] as [ResiduePlan])
    func wordsAreOnlyForWhatIsCompressed(_ plan: ResiduePlan) throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed, pageCount: 200)
        let batches = [guest.allPages()] + (0..<7).map { _ in guest.nextRound() }
        let sent = batches.filter { !$0.isEmpty }
        let result = try roundTrip(slotCount: 50, sent, plan)
        for (index, codes) in result.classCodes.enumerated()
        where plan.residue(ofBatch: index) == .sent {
            #expect(!codes.contains(7), "CLOUDNET_TEST_SEED=\(seed), batch \(index)")
        }
    }

    @Test func sameInputGivesSameBytes() throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed, pageCount: 150)
        let batches = [guest.allPages(), guest.nextRound(), guest.nextRound()]
        let coded = try (0..<2).map { _ in
            let encoder = try BatchEncoder(slotCount: 20)
            return batches.filter { !$0.isEmpty }.enumerated().map { index, batch in
                encoder.residue = ResiduePlan.mixed.residue(ofBatch: index + 1)
                return encoder.encode(batch)
            }
        }
        let isSame = coded[0] == coded[1]
        #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
    }

    @Test(arguments: ResiduePlan.allCases)
    func everyClassOccursInRandomGuests(_ plan: ResiduePlan) throws {
        // Otherwise the tests above prove less than they seem to.
        var guest = RandomGuest(seed: 1, pageCount: 200)
        let batches = [guest.allPages(), guest.nextRound(), guest.nextRound(), guest.nextRound()]
        let result = try roundTrip(slotCount: 100, batches.filter { !$0.isEmpty }, plan)
        let statistics = result.statistics
        let counts = [
            statistics.zeroPageCount, statistics.unchangedPageCount,
            statistics.referencePageCount, statistics.deltaPageCount,
            statistics.blocksPageCount, statistics.rawPageCount, statistics.emptyEntryCount,
        ]
        #expect(counts.allSatisfy { $0 > 2 }, "\(statistics)")
        let codes = result.classCodes.joined()
        let (deltas, words) = (codes.count { $0 == 4 }, codes.count { $0 == 7 })
        #expect(plan == .compressed || deltas > 2, "\(deltas) deltas")
        #expect(plan == .sent || words > 2, "\(words) pages of words")
    }
}

/// Input that no encoder wrote.
///
/// A trap ends the whole test run, which is how it would be noticed.
struct PageDecoderFuzzTests {
    private let seed = SeededGenerator.seedOfRun

    /// A decoder that has seen some pages, the same ones for the same number.
    private func primedDecoder(_ number: UInt64) throws -> BatchDecoder {
        let slotCount = 1 + Int(number % 4)
        let decoder = try BatchDecoder(slotCount: slotCount)
        let encoder = try BatchEncoder(slotCount: slotCount)
        let pages = (0..<6).map { index in
            GuestPage(index % 4, type: UInt8(index % 3), Content.noise(number + index))
        }
        _ = try decoder.decode(encoder.encode(pages))
        return decoder
    }

    /// Expects that a batch is refused, unless it comes with the checksum that it should have.
    private func expectRefusal(of batch: TestBatch, number: UInt64) throws {
        let comment: Comment = "CLOUDNET_TEST_SEED=\(seed)"
        let error = try primedDecoder(number).refusal(of: batch)
        #expect(error != nil, comment)
        // Who knows the format can make up content, but not make the decoder do anything else.
        guard case .contentChecksumMismatch(_, let found) = error else { return }
        let forged = TestBatch(bytes: batch.bytes, checksum: found)
        let pages = try primedDecoder(number).decode(forged)
        #expect(pages.count == Int(batch.bytes.number(at: 0, as: UInt16.self)), comment)
        for page in pages {
            #expect(page.pfn < PageEntry.pfnLimit, comment)
            #expect(
                page.content.count == (page.type < 13 ? GuestPage.byteCount : 0),
                comment
            )
        }
    }

    @Test func randomSectionsAreRefused() throws {
        var generator = SeededGenerator(seed: seed)
        func bytes(_ maximum: Int) -> [UInt8] {
            (0..<Int.random(in: 0...maximum, using: &generator)).map { _ in
                // Small numbers get further than large ones.
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...9, using: &generator)
                    : UInt8.random(in: 0...255, using: &generator)
            }
        }
        for number in 0..<1500 as Range<UInt64> {
            var batch = HandMadeBatch(
                entryCount: Int.random(in: 1...6, using: &generator),
                entries: bytes(8),
                classes: bytes(4),
                // Masks of words are long.
                control: bytes(Bool.random(using: &generator) ? 30 : 300),
                literals: bytes(6000)
            )
            if Bool.random(using: &generator) {
                // Entries and classes that are right, so that the classes are reached.
                batch.entries = [0, UInt8(batch.entryCount - 1) << 4]
                batch.classes = (0..<batch.entryCount).map { _ in
                    UInt8.random(in: 1...7, using: &generator) << 4
                }
            }
            try expectRefusal(of: batch.batch(checksum: generator.next()), number: number)
        }
    }

    @Test func mutatedBatchesAreRefused() throws {
        var generator = SeededGenerator(seed: seed &+ 1)
        for number in 0..<300 as Range<UInt64> {
            let slotCount = 1 + Int(number % 4)
            let encoder = try BatchEncoder(
                slotCount: slotCount,
                residue: number % 8 < 4 ? .sent : .compressed
            )
            let first = (0..<6 as Range<UInt64>).map { index in
                GuestPage(index % 4, type: UInt8(index % 3), Content.noise(number + index))
            }
            _ = encoder.encode(first)
            let second = [
                first[5], GuestPage(9, first[4].content),
                GuestPage(3, Content.changed(first[3].content, [5: 1, 900: 2, 4000: 3])),
                GuestPage(10, [UInt8](first[5].content[2048...] + Content.zero[..<2048])),
                .empty(1, type: 15), GuestPage(2, Content.zero),
                GuestPage(20, Content.changed(Content.zero, [17: 17])),
            ]
            let valid = encoder.encode(second)
            #expect(try primedDecoder(number).decode(valid) == second)
            for _ in 0..<6 {
                var batch = valid
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    mutate(&batch.bytes, &generator)
                }
                guard batch != valid else { continue }
                try expectRefusal(of: batch, number: number)
            }
        }
    }

    @Test(arguments: [.sent, .compressed] as [BatchWriter.Residue])
    func everyBitOfABatchMatters(_ residue: BatchWriter.Residue) throws {
        let encoder = try BatchEncoder(slotCount: 4, residue: residue)
        let page = Content.changed(Content.zero, [100: 1, 2000: 2, 2001: 3])
        let pages = [
            GuestPage(0, page), GuestPage(1, Content.zero), GuestPage(2, page),
            GuestPage(0, page), .empty(7, type: 15),
            GuestPage(2, Content.changed(page, [4095: 9])),
        ]
        let valid = encoder.encode(pages)
        #expect(try BatchDecoder(slotCount: 4).decode(valid) == pages)
        for bit in 0..<8 * valid.bytes.count {
            var batch = valid
            batch.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try BatchDecoder(slotCount: 4).refusal(of: batch) != nil, "bit \(bit)")
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        // Most of a batch is literals; the first bytes decide more.
        let end = Bool.random(using: &generator) ? min(bytes.count, 80) : bytes.count
        let offset = Int.random(in: 0..<end, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[offset] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes[offset] &+= 1
        default: bytes[offset] = 0xff
        }
    }
}
