import TestSupport
import Testing

@testable import PageCodec

/// An encoder that may not use all classes, for experiments.
struct PageClassesTests {
    static let sets: [PageClasses] = [[], .references, .deltas, .all]

    private func batches(seed: UInt64) -> [[GuestPage]] {
        var guest = RandomGuest(seed: seed, pageCount: 150)
        let batches = [guest.allPages()] + (0..<7).map { _ in guest.nextRound() }
        return batches.filter { !$0.isEmpty }
    }

    @Test(arguments: PageClassesTests.sets, ResiduePlan.allCases)
    func pagesComeBackWhateverIsLeftOut(_ classes: PageClasses, _ plan: ResiduePlan) throws {
        let seed = SeededGenerator.seedOfRun
        for slotCount in [3, 1000] {
            let batches = batches(seed: seed &+ UInt64(slotCount))
            let result = try roundTrip(slotCount: slotCount, batches, plan, classes: classes)
            let isSame = result.pages == batches
            #expect(isSame, "CLOUDNET_TEST_SEED=\(seed), \(slotCount) slots")
        }
    }

    @Test(arguments: PageClassesTests.sets, ResiduePlan.allCases)
    func whatIsLeftOutDoesNotOccur(_ classes: PageClasses, _ plan: ResiduePlan) throws {
        let result = try roundTrip(slotCount: 100, batches(seed: 1), plan, classes: classes)
        let statistics = result.statistics
        let ofReferences = [
            statistics.zeroPageCount, statistics.referencePageCount, statistics.blocksPageCount,
        ]
        let ofDeltas = [statistics.unchangedPageCount, statistics.deltaPageCount]
        #expect(ofReferences.allSatisfy { ($0 > 0) == classes.contains(.references) })
        #expect(ofDeltas.allSatisfy { ($0 > 0) == classes.contains(.deltas) })
        #expect(statistics.rawPageCount > 0)
        // What is really in the batches.
        let codes = Set(result.classCodes.joined()).compactMap(PageClass.init(rawValue:))
        for code in codes {
            switch code {
            case .zero, .reference, .blocks: #expect(classes.contains(.references))
            case .unchanged, .delta, .words: #expect(classes.contains(.deltas))
            case .raw: break
            }
        }
    }

    @Test func blocksAreNoDeltasWithoutDeltas() throws {
        let page = Content.noise(1)
        let changed = Content.changed(page, [5: page[5] ^ 1])
        for (classes, pageClass) in [(.references, .blocks), (.all, .delta)]
            as [(PageClasses, PageClass)]
        {
            let encoder = try BatchEncoder(slotCount: 10, classes: classes)
            _ = encoder.encode([GuestPage(0, page)])
            let batch = encoder.encode([GuestPage(0, changed)])
            #expect(batch.classCodes == [pageClass.rawValue])
            // Three references and a whole block, or a byte and where it belongs.
            #expect((batch.bytes.count > 1024) == (classes == .references))
        }
    }
}
