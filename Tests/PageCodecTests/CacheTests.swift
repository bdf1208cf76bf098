import TestSupport
import Testing

@testable import PageCodec

struct PageCacheTests {
    @Test(arguments: [1, 2, 3, 5])
    func oldestPageIsOverwritten(_ slotCount: Int) throws {
        var cache = try PageCache(slotCount: slotCount)
        let pages = (0..<UInt8(3 * slotCount)).map {
            [UInt8](repeating: $0 + 1, count: GuestPage.byteCount)
        }
        for (number, page) in pages.enumerated() {
            #expect(cache.nextSlot == number % slotCount)
            cache.nextPage.copyMemory(from: page, byteCount: page.count)
            cache.storeNextPage()
            for other in 0...number {
                let isLive = cache.isLive(store: UInt64(other))
                #expect(isLive == (number - other < slotCount))
                guard isLive else { continue }
                let slot = cache.slot(ofStore: UInt64(other))
                let store = cache.store(ofSlot: slot)
                let first = cache.page(ofStore: UInt64(other)).load(as: UInt8.self)
                let last = cache.page(at: slot).load(fromByteOffset: 4095, as: UInt8.self)
                #expect(slot == other % slotCount)
                #expect(store == UInt64(other))
                #expect(first == UInt8(other + 1) && last == first)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 600])
    func builtPagesAndPagesOfTheSourceTakeTurns(_ slotCount: Int) throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        var cache = try PageCache(slotCount: slotCount, memory: .source)
        let source = UnsafeMutableRawPointer.allocate(byteCount: 8 * 4096, alignment: 1)
        defer { source.deallocate() }
        for number in 0..<8 {
            source.storeBytes(of: -1 - number, toByteOffset: 4096 * number, as: Int.self)
        }
        var stored: [Int] = []
        // Long runs of either kind, and short ones.
        var isBuilt = false
        for number in 0..<10 * slotCount {
            let length = number / slotCount % 2 == 0 ? 2 : slotCount
            if Int.random(in: 0..<length, using: &generator) == 0 { isBuilt.toggle() }
            if isBuilt {
                cache.nextPage.storeBytes(of: number, as: Int.self)
                cache.storeNextPage()
                stored.append(number)
            } else {
                cache.store(source + 4096 * (number % 8))
                stored.append(-1 - number % 8)
            }
            let live = stored.indices.suffix(slotCount)
            let found = live.map { cache.page(ofStore: UInt64($0)).load(as: Int.self) }
            guard found == Array(stored[live]) else {
                Issue.record("wrong after store \(number), CLOUDNET_TEST_SEED=\(seed)")
                return
            }
        }
    }

    @Test func onlyStoredSlotsAreFilled() throws {
        var cache = try PageCache(slotCount: 3)
        var filled = [-1, 0, 1, 2, 3].map { cache.isFilled($0) }
        #expect(filled == [false, false, false, false, false])
        cache.storeNextPage()
        filled = [-1, 0, 1, 2, 3].map { cache.isFilled($0) }
        #expect(filled == [false, true, false, false, false])
        for _ in 0..<3 { cache.storeNextPage() }
        filled = [Int64.min, -1, 0, 1, 2, 3, .max].map { cache.isFilled($0) }
        #expect(filled == [false, false, true, true, true, false, false])
    }

    @Test(arguments: [1, 2, 5])
    func keptSlotsAreThoseThatAreNotOverwritten(_ slotCount: Int) throws {
        for storeCount in 0..<3 * slotCount {
            for laterCount in 0..<2 * slotCount {
                var cache = try PageCache(slotCount: slotCount)
                for _ in 0..<storeCount { cache.storeNextPage() }
                let kept = (0..<slotCount).filter { cache.keeps(slot: $0, afterStores: laterCount) }
                var overwritten: Set<Int> = []
                for _ in 0..<laterCount {
                    overwritten.insert(cache.nextSlot)
                    cache.storeNextPage()
                }
                #expect(kept == (0..<slotCount).filter { !overwritten.contains($0) })
            }
        }
    }

    @Test(arguments: [Int.min, -1, 0, PageFormat.slotCountMaximum + 1, 1 << 32 - 1, .max])
    func impossibleSlotCountIsRefused(_ slotCount: Int) {
        #expect(throws: PageCodecError.slotCountOutOfRange(slotCount)) {
            _ = try BatchDecoder(slotCount: slotCount)
        }
    }
}

struct PageVersionsTests {
    /// The rule of the protocol, word for word and slow.
    private struct NaiveVersions {
        var ring: [(pfn: UInt64, store: UInt64, type: UInt8)?]
        var next = 0

        init(capacity: Int) { ring = .init(repeating: nil, count: capacity) }

        mutating func forget(_ pfn: UInt64) {
            for place in ring.indices where ring[place]?.pfn == pfn { ring[place] = nil }
        }

        mutating func remember(_ pfn: UInt64, _ store: UInt64, _ type: UInt8) {
            forget(pfn)
            ring[next] = (pfn, store, type)
            next = (next + 1) % ring.count
        }

        func version(of pfn: UInt64) -> (store: UInt64, type: UInt8)? {
            ring.compactMap { $0 }.first { $0.pfn == pfn }.map { ($0.store, $0.type) }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 7, 8, 30, 100])
    func versionsFollowTheirRule(_ slotCount: Int) {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        var versions = PageVersions(slotCount: slotCount)
        var model = NaiveVersions(capacity: 2 * slotCount)
        // Neighbours share a line of the table, so a few groups of them make long clusters; every
        // sixteenth has the same place in its line.
        let pfns =
            (0..<UInt64(3 * slotCount)).map { $0 } + (0..<4).map { PageEntry.pfnLimit - 1 - $0 }
            + (0..<UInt64(2 * slotCount)).map { 16 * $0 }
            + (0..<UInt64(2 * slotCount)).map { _ in
                UInt64.random(in: 0..<PageEntry.pfnLimit, using: &generator)
            }
        #expect(versions.capacity == model.ring.count)
        for step in 0..<2000 {
            let pfn = pfns[Int.random(in: 0..<pfns.count, using: &generator)]
            if Int.random(in: 0..<3, using: &generator) == 0 {
                versions.forget(pfn)
                model.forget(pfn)
            } else {
                let type = UInt8(step % 13)
                versions.remember(.init(store: UInt64(step), type: type), for: pfn)
                model.remember(pfn, UInt64(step), type)
            }
            let isEqual = pfns.allSatisfy { pfn in
                let found = versions.version(of: pfn)
                let expected = model.version(of: pfn)
                return found?.store == expected?.store && found?.type == expected?.type
            }
            guard isEqual else {
                Issue.record("wrong at step \(step), CLOUDNET_TEST_SEED=\(seed)")
                return
            }
        }
    }

    @Test func forgettingAnUnknownPFNChangesNothing() {
        var versions = PageVersions(slotCount: 1)
        versions.remember(.init(store: 5, type: 1), for: 3)
        versions.forget(4)
        let store = versions.version(of: 3)?.store
        #expect(store == 5)
    }

    @Test func forgettingReachesAcrossTheEndOfTheTable() {
        // Four places, eight elements of table: all these pfns fall into one line of it.
        for hole in 0..<4 as Range<UInt64> {
            var versions = PageVersions(slotCount: 2)
            for pfn in 12..<16 as Range<UInt64> {
                versions.remember(.init(store: pfn, type: 0), for: pfn)
            }
            versions.forget(12 + hole)
            let stores = (12..<16 as Range<UInt64>).map { versions.version(of: $0)?.store }
            #expect(stores == (12..<16 as Range<UInt64>).map { $0 == 12 + hole ? nil : $0 })
        }
    }

    @Test func powersOfTwoAreRoundedUp() {
        #expect(
            [0, 1, 2, 3, 4, 5, 1023, 1024, 1025].map(\.roundedUpToPowerOfTwo)
                == [1, 1, 2, 4, 4, 8, 1024, 1024, 2048]
        )
    }
}

struct ContentIndexTests {
    @Test(arguments: [1, 2, 3, 4, 16, 100])
    func candidateWasInsertedUnderItsFingerprint(_ positionCount: Int) {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        let index = ContentIndex(positionCount: positionCount)
        // Few different halves, so that buckets overflow and halves collide.
        let fingerprints = (0..<40).map { _ -> UInt64 in
            UInt64.random(in: 0..<12, using: &generator) << 32
                | UInt64.random(in: 0..<8, using: &generator)
        }
        var inserted: [Int: Set<UInt64>] = [:]
        for _ in 0..<2000 {
            let fingerprint = fingerprints[Int.random(in: 0..<40, using: &generator)]
            let position = Int.random(in: 0..<positionCount, using: &generator)
            index.insert(fingerprint, at: position)
            inserted[position, default: []].insert(fingerprint >> 32)
            let found = index.candidate(for: fingerprint)
            #expect(found == position, "CLOUDNET_TEST_SEED=\(seed)")
            for other in fingerprints {
                guard let position = index.candidate(for: other) else { continue }
                let isKnown = inserted[position]?.contains(other >> 32) == true
                #expect(isKnown, "CLOUDNET_TEST_SEED=\(seed)")
            }
        }
    }

    @Test func emptyIndexHasNoCandidates() {
        let index = ContentIndex(positionCount: 1)
        for fingerprint in [0, 1, UInt64.max] {
            let position = index.candidate(for: fingerprint)
            #expect(position == nil)
        }
    }

    @Test func oldestEntryOfABucketMakesRoom() {
        let index = ContentIndex(positionCount: 2)
        for number in 0..<5 { index.insert(UInt64(number) << 32, at: number) }
        let found = (0..<5).map { index.candidate(for: UInt64($0) << 32) }
        #expect(found == [nil, 1, 2, 3, 4])
    }
}
