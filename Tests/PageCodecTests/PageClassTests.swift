import TestSupport
import Testing

@testable import PageCodec

/// How pages are coded, and that they come back.
struct PageClassTests {
    private static let noise = Content.noise(1)

    /// Sends each page in a batch of its own, expects these classes, and the pages back.
    private func expect(
        _ classes: [PageClass?],
        of pages: [GuestPage],
        slotCount: Int = 16,
        _ plan: ResiduePlan = .sent,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let encoder = try BatchEncoder(slotCount: slotCount, residue: plan.residue(ofBatch: 0))
        let found = pages.map { encoder.pageClass(of: $0) }
        #expect(found == classes, sourceLocation: sourceLocation)
        let apart = try roundTrip(slotCount: slotCount, pages.map { [$0] }, plan)
        #expect(apart.pages == pages.map { [$0] }, sourceLocation: sourceLocation)
        // The classes do not depend on where batches begin.
        let together = try roundTrip(slotCount: slotCount, [pages], plan)
        #expect(together.pages == [pages], sourceLocation: sourceLocation)
        #expect(together.statistics == apart.statistics, sourceLocation: sourceLocation)
    }

    @Test func eachClassIsChosen() throws {
        let pages = [
            GuestPage(1, Content.zero), GuestPage(1, Self.noise), GuestPage(1, Self.noise),
            GuestPage(2, Self.noise), GuestPage(1, Content.changed(Self.noise, [9: 9])),
            GuestPage(3, [UInt8](Self.noise[2048...] + Content.noise(2)[..<2048])),
            .empty(4, type: 15),
        ]
        try expect([.zero, .raw, .unchanged, .reference, .delta, .blocks, nil], of: pages)
        try expect(
            [.zero, .raw, .unchanged, .reference, .words, .blocks, nil],
            of: pages,
            .compressed
        )
    }

    @Test func firstVersionCanBeADeltaFromZeros() throws {
        try expect(
            [.delta, .delta],
            of: [
                GuestPage(1, Content.changed(Content.zero, [0: 1])),
                GuestPage(2, Content.changed(Content.zero, [4095: 1])),
            ]
        )
    }

    @Test func zeroPageIsForgotten() throws {
        try expect(
            [.raw, .zero, .reference, .unchanged],
            of: [
                GuestPage(1, Self.noise), GuestPage(1, Content.zero), GuestPage(1, Self.noise),
                GuestPage(1, Self.noise),
            ]
        )
    }

    @Test(arguments: [13, 14, 15] as [UInt8])
    func pageWithoutContentIsForgotten(_ type: UInt8) throws {
        try expect(
            [.raw, nil, .reference],
            of: [GuestPage(1, Self.noise), .empty(1, type: type), GuestPage(1, Self.noise)]
        )
    }

    @Test func pageOfAnotherTypeIsNotUnchanged() throws {
        try expect(
            [.raw, .reference, .unchanged, .reference],
            of: [
                GuestPage(1, type: 0, Self.noise), GuestPage(1, type: 1, Self.noise),
                GuestPage(1, type: 1, Self.noise), GuestPage(1, type: 9, Self.noise),
            ]
        )
    }

    @Test func baseOfADeltaCanHaveAnotherType() throws {
        try expect(
            [.raw, .delta],
            of: [
                GuestPage(1, type: 1, Self.noise),
                GuestPage(1, type: 2, Content.changed(Self.noise, [100: 0])),
            ]
        )
    }

    @Test func overwrittenVersionIsNotUsed() throws {
        let other = Content.noise(2)
        let pages = [GuestPage(1, Self.noise), GuestPage(2, other), GuestPage(1, Self.noise)]
        try expect([.raw, .raw, .raw], of: pages, slotCount: 1)
        try expect([.raw, .raw, .unchanged], of: pages, slotCount: 2)
        // The base is gone too, so a small change is not a delta.
        let changed = GuestPage(1, Content.changed(Self.noise, [7: 7]))
        try expect([.raw, .raw, .raw], of: Array(pages.prefix(2)) + [changed], slotCount: 1)
    }

    @Test func versionsOutliveOnlySoManyReferences() throws {
        // One slot, two versions: the third pfn with this content pushes the first one out.
        try expect(
            [.raw, .reference, .unchanged, .reference, .reference, .unchanged, .reference],
            of: [1, 2, 1, 3, 1, 3, 2].map { GuestPage($0, Self.noise) },
            slotCount: 1
        )
    }

    @Test func unchangedPageKeepsItsPlaceAmongTheVersions() throws {
        // If it took a new place, pfn 1 would still be known at the end.
        try expect(
            [.raw, .reference, .unchanged, .reference, .reference],
            of: [1, 2, 1, 3, 1].map { GuestPage($0, Self.noise) },
            slotCount: 1
        )
    }

    @Test func blocksAreNotTriedForASmallDelta() throws {
        let target = Content.changed(
            Content.zero,
            Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, 3) })
        )
        try expect([.delta, .delta], of: [GuestPage(1, target), GuestPage(2, target.reversed())])
    }

    @Test func eachKindOfBlockIsChosen() throws {
        let base = Content.noise(3)
        // A cached block, a small change of the base, noise, and the base itself.
        let target =
            [UInt8](Self.noise[1024..<2048])
            + Content.changed([UInt8](base[1024..<2048]), [1023: 1])
            + Content.noise(4, byteCount: 1024) + base[3072...]
        let pages = [GuestPage(1, Self.noise), GuestPage(2, base), GuestPage(2, target)]
        try expect([.raw, .raw, .blocks], of: pages)
        let encoder = try BatchEncoder(slotCount: 8)
        for page in pages.dropLast() { _ = encoder.encode([page]) }
        let batch = HandMadeBatch(
            entries: [0x04, 0x00],
            classes: [0x50],
            // Reference, delta, literal, delta; block 1; one run at 1,023; no run.
            control: [
                0x01 | 0x02 << 2 | 0x00 << 4 | 0x02 << 6, 0x02, 0x01, 0xff, 0x07, 0x01, 0x00,
            ],
            literals: [1] + Content.noise(4, byteCount: 1024)
        )
        #expect(encoder.encode([pages[2]]).bytes == batch.batch().bytes)
    }

    @Test func referencesCountFromTheOneBefore() throws {
        let encoder = try BatchEncoder(slotCount: 8)
        let contents = (0..<4).map { Content.noise(UInt64($0)) }
        _ = encoder.encode(contents.enumerated().map { GuestPage(UInt64($0.offset), $0.element) })
        let batch = encoder.encode(
            [0, 1, 3, 0].enumerated().map { index, content in
                GuestPage(UInt64(10 + index), contents[content])
            }
        )
        let expected = HandMadeBatch(
            entryCount: 4,
            entries: [20, 0x30],
            classes: [0x33],
            control: [0, 0, 2, 7]
        )
        #expect(batch.bytes == expected.batch().bytes)
    }

    @Test func referencesStartOverInEachBatch() throws {
        let encoder = try BatchEncoder(slotCount: 8)
        _ = encoder.encode([GuestPage(0, Content.noise(8)), GuestPage(1, Self.noise)])
        // Block 6, and then its newest copy, which is block 8.
        let block = [UInt8](Self.noise[2048..<3072])
        for pfn in 2..<4 as Range<UInt64> {
            let noise = Content.noise(pfn, byteCount: 3072)
            let batch = encoder.encode([
                GuestPage(pfn, Self.noise), GuestPage(pfn + 10, block + noise),
            ])
            let expected = HandMadeBatch(
                entryCount: 2,
                entries: [UInt8(2 * pfn), 0, 18, 0],
                classes: [0x30, 0x50],
                control: [2, 0x01, pfn == 2 ? 12 : 16],
                literals: noise
            )
            let isSame = batch.bytes == expected.batch().bytes
            #expect(isSame)
        }
    }

    @Test func pageCanReferToAnEarlierOneOfItsBatch() throws {
        let pages = [GuestPage(1, Self.noise), GuestPage(2, Self.noise), GuestPage(1, Self.noise)]
        let result = try roundTrip(slotCount: 1, [pages])
        #expect(result.pages == [pages])
        #expect(result.statistics.referencePageCount == 1)
        #expect(result.statistics.unchangedPageCount == 1)
    }
}

/// Pages and blocks whose fingerprints look the same to an index of one slot.
struct FingerprintCollisionTests {
    /// Found by trying; the first expectation of each test proves it.
    private static let pages: (UInt64, UInt64) = (2357, 40392)
    private static let blocks: (UInt64, UInt64) = (104_419, 159_501)

    private func block(_ number: UInt64) -> [UInt8] {
        var block: [UInt8] = []
        block.append(littleEndian: number)
        return block + [UInt8](repeating: 0x77, count: 1016)
    }

    private func page(_ number: UInt64) -> [UInt8] {
        Array(repeatElement(block(number), count: 4).joined())
    }

    private func prints(_ page: [UInt8]) -> PageFingerprint {
        page.withUnsafeBytes { PageFingerprint(of: $0.baseAddress.unsafelyUnwrapped) }
    }

    @Test func pagesThatOnlyLookEqualAreNotReferences() throws {
        let (first, second) = (page(Self.pages.0), page(Self.pages.1))
        #expect(prints(first).page >> 32 == prints(second).page >> 32)
        #expect(prints(first).page != prints(second).page)
        let batches = [[GuestPage(1, first)], [GuestPage(2, second)], [GuestPage(3, second)]]
        let result = try roundTrip(slotCount: 1, batches)
        #expect(result.pages == batches)
        // The equal page proves that the index was asked.
        #expect(result.statistics.rawPageCount == 2)
        #expect(result.statistics.referencePageCount == 1)
    }

    @Test func blocksThatOnlyLookEqualAreNotReferences() throws {
        let (first, second) = (block(Self.blocks.0), block(Self.blocks.1))
        let prints = (prints(page(Self.blocks.0)), prints(page(Self.blocks.1)))
        #expect(prints.0[block: 0] >> 32 == prints.1[block: 0] >> 32)
        #expect(prints.0[block: 0] & 1 == prints.1[block: 0] & 1)
        let (before, after) = (Content.noise(8), Content.noise(9))
        let batches = [
            [GuestPage(1, first + before[1024...])], [GuestPage(2, second + after[1024...])],
            [GuestPage(3, second + before[1024...])],
        ]
        let result = try roundTrip(slotCount: 1, batches)
        #expect(result.pages == batches)
        #expect(result.statistics.rawPageCount == 2)
        #expect(result.statistics.blocksPageCount == 1)
    }

    /// An index that proposes a slot which by now holds something else.
    @Test func outdatedPositionIsNotAReference() throws {
        let contents = (0..<4).map { Content.noise(UInt64($0)) }
        let batches = [0, 1, 2, 0, 3, 1].enumerated().map { index, content in
            [GuestPage(UInt64(index), contents[content])]
        }
        let result = try roundTrip(slotCount: 2, batches)
        #expect(result.pages == batches)
        #expect(result.statistics.rawPageCount == 6)
    }
}

struct BatchSizeTests {
    private static let counts = [1, 2, 15, 16, 17, 1023, 1024]

    @Test(arguments: counts)
    func batchOfZeroPagesComesBack(_ count: Int) throws {
        let pages = (0..<count).map { GuestPage(UInt64($0), Content.zero) }
        #expect(try roundTrip(slotCount: 1, [pages]).pages == [pages])
    }

    @Test(arguments: counts)
    func batchWithoutContentComesBack(_ count: Int) throws {
        let pages = (0..<count).map {
            GuestPage.empty(UInt64(2 * $0), type: UInt8(13 + $0 % 3))
        }
        #expect(try roundTrip(slotCount: 1, [pages]).pages == [pages])
    }

    @Test(arguments: counts)
    func batchOfEqualPagesComesBack(_ count: Int) throws {
        let pages = (0..<count).map { GuestPage(UInt64($0), Content.noise(1)) }
        let result = try roundTrip(slotCount: 2, [pages, pages])
        #expect(result.pages == [pages, pages])
        #expect(result.statistics.rawPageCount == 1)
        // Two slots, four versions: larger batches have forgotten their first pfns.
        #expect(result.statistics.unchangedPageCount == (count <= 4 ? count : 0))
    }

    @Test(arguments: ResiduePlan.allCases)
    func pageNeverTakesMoreThanItsContent(_ plan: ResiduePlan) throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for index in 0..<64 {
            let slotCount = 1 + index % 3
            let encoder = try BatchEncoder(
                slotCount: slotCount,
                residue: plan.residue(ofBatch: index)
            )
            let base = Content.noise(UInt64(index))
            _ = encoder.encode([GuestPage(1, base)])
            // Up to one changed byte in each word, and up to three blocks that are cached.
            var target = base
            let chance = Int.random(in: 1...64, using: &generator)
            let start = Int.random(in: 0..<4, using: &generator) * 128
            for word in start..<512 where Int.random(in: 0..<64, using: &generator) < chance {
                target[8 * word + Int.random(in: 0..<8, using: &generator)] ^= 0x80
            }
            let batch = encoder.encode([GuestPage(1, target)])
            let byteCount = batch.bytes.count - 24 - 3 - 1
            #expect(byteCount <= 4096, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    @Test func worstBatchIsNotLongerThanItMayBe() throws {
        // Noise has no better class than raw, and these entries no better runs.
        let last = PageEntry.pfnLimit - 1
        let pages = (0..<1024 as Range<UInt64>).map { (index: UInt64) -> GuestPage in
            let pfn = index % 2 == 0 ? last - index : index
            return GuestPage(pfn, type: UInt8(index % 13), Content.noise(index))
        }
        let encoder = try BatchEncoder(slotCount: 3)
        let batch = encoder.encode(pages)
        #expect(batch.bytes.count <= PageFormat.batchByteCountMaximum)
        #expect(try BatchDecoder(slotCount: 3).decode(batch) == pages)
    }

    @Test(arguments: [1, 2, 3])
    func cacheThatWrapsWithinABatchStaysInStep(_ slotCount: Int) throws {
        let contents = (0..<5).map { Content.noise(UInt64($0)) }
        let order = [0, 1, 0, 2, 2, 3, 1, 4, 0, 4, 3, 3, 2, 1, 0, 1]
        let pages = order.enumerated().map { index, content in
            GuestPage(
                UInt64(index % 6),
                Content.changed(contents[content], [index % 3 * 1500: 1])
            )
        }
        #expect(try roundTrip(slotCount: slotCount, [pages, pages]).pages == [pages, pages])
    }
}
