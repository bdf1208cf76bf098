import Glibc
import Testing

@testable import PageCodec

struct PageSlabTests {
    /// Of each number of pages used so far: how many more are then to have memory.
    @Test func memoryIsClaimedOnceAsMuchAgainAsWasUsed() throws {
        var slab = try PageSlab(pageCount: 4096)
        slab.prepare(0)
        var claimed: [Int?] = []
        for usedCount in [0, 100, 512, 600, 2000, 2000, 4000, 1 << 20] {
            claimed.append(
                slab.claimUpcomingMemory(usedCount: usedCount).map {
                    $0.bytes.count / PageFormat.pageByteCount
                }
            )
        }
        #expect(claimed == [nil, nil, 512, nil, 2512, nil, 560, nil])
    }

    @Test func memoryIsThereOnceItIsTaken() throws {
        var slab = try PageSlab(pageCount: 2048)
        slab.prepare(0)
        // A slab cannot be copied, which #require would do with all of its expression.
        let claimed = slab.claimUpcomingMemory(usedCount: 1024)
        let memory = try #require(claimed)
        #expect(residentPageCount(of: slab.page(512), count: 1536) == 0)
        slab.page(512).storeBytes(of: 7, as: UInt8.self)
        memory.take()
        #expect(residentPageCount(of: slab.page(512), count: 1536) == 1536)
        #expect(slab.page(512).load(as: UInt8.self) == 7)
        #expect(slab.page(2047).load(as: UInt8.self) == 0)
    }

    /// A page that nobody claimed in time gets its memory when it is needed, and those after it.
    @Test func whatIsNotClaimedIsPrepared() throws {
        var slab = try PageSlab(pageCount: 2048)
        slab.prepare(0)
        slab.prepare(511)
        #expect(residentPageCount(of: slab.page(512), count: 512) == 0)
        slab.prepare(512)
        #expect(residentPageCount(of: slab.page(512), count: 512) == 512)
    }
}

private func residentPageCount(of start: UnsafeMutableRawPointer, count: Int) -> Int {
    var pages = [UInt8](repeating: 0, count: count)
    let result = mincore(start, count * PageFormat.pageByteCount, &pages)
    return result == 0 ? pages.count { $0 & 1 == 1 } : -1
}
