import PageCodec
import Testing

@testable import MigrationStream

struct CacheSizeTests {
    @Test(arguments: [1, 2, 256, 65536])
    func sizeInMebibytesIsTaken(_ mebibytes: Int) throws {
        let size = try #require(CacheSize(mebibytes: mebibytes))
        #expect(size.byteCount == mebibytes << 20)
        #expect(size.slotCount == mebibytes << 20 / 4352)
        #expect(CacheSize.byteCount(ofSlotCount: size.slotCount) <= size.byteCount)
        #expect(1...PageFormat.slotCountMaximum ~= size.slotCount)
    }

    @Test(arguments: [Int.min, -1, 0, 65537, .max])
    func sizeOutOfRangeIsNotTaken(_ mebibytes: Int) {
        #expect(CacheSize(mebibytes: mebibytes) == nil)
    }

    @Test(
        arguments: [
            // Guest pages, available MiB, MiB of cache: half the guest, from 16 to 256 MiB.
            (131_072, 1024, 256), (131_074, 1024, 256), (65536, 1024, 128), (8192, 1024, 16),
            (1, 1024, 16), (0, 1024, 16),
            // At most half of what is free, but a cache in any case.
            (131_072, 100, 50), (131_072, 1, 1), (131_072, 0, 1),
        ] as [(Int, Int, Int)]
    )
    func defaultFollowsGuestAndHost(_ pageCount: Int, _ available: Int, _ mebibytes: Int) {
        let size = CacheSize.default(
            forGuestWithPageCount: pageCount,
            availableByteCount: available << 20
        )
        #expect(size.byteCount == mebibytes << 20)
        #expect(size.slotCount >= 1)
    }

    @Test func cacheThatIsNotThereIsRefused() throws {
        let size = try #require(CacheSize(mebibytes: 2))
        try size.requireAvailable(byteCount: 2 << 20)
        #expect(
            throws: PageCodecError.cacheNotAllocatable(
                byteCount: 2 << 20,
                allowedByteCount: 2 << 20 - 1
            )
        ) { try size.requireAvailable(byteCount: 2 << 20 - 1) }
    }
}

struct StreamStatisticsTests {
    @Test func roundBeginsWhereThePFNsFall() {
        var statistics = StreamStatistics()
        #expect(statistics.roundCount == 0)
        let batches: [(first: UInt64, last: UInt64, rounds: Int)] = [
            (0, 10, 1), (11, 20, 1), (30, 30, 1), (5, 6, 2), (6, 6, 3), (7, 9, 3), (0, 100, 4),
        ]
        for (first, last, rounds) in batches {
            statistics.noteBatch(firstPFN: first, lastPFN: last)
            #expect(statistics.roundCount == rounds)
        }
    }

    @Test func summaryIsOneLine() {
        var statistics = StreamStatistics()
        #expect(
            statistics.description.contains("0 rounds") && statistics.description.contains("0.0%")
        )
        statistics.roundCount = 1
        statistics.stockByteCount = 2000
        statistics.extendedByteCount = 333
        #expect(
            statistics.description
                == "1 round: 0 pages: 0 zero, 0 unchanged, 0 references, 0 deltas, 0 blocks, "
                + "0 raw; 2000 stock bytes as 333 (16.6%)"
        )
    }
}
