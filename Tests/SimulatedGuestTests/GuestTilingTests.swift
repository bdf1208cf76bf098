import CZstd
import TestSupport
import Testing

@testable import SimulatedGuest

/// A guest that is larger than its trace.
struct GuestTilingTests {
    private var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
    private let comment: Comment = "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"

    private mutating func stream() -> [UInt8] {
        StockStreamBuilder.stream(rounds: TracedGuests.rounds(count: 5, &generator))
    }

    @Test(arguments: [1, 2, 12, 255])
    mutating func eachPageOfTheGuestIsInOnePlace(tileCount: Int) throws {
        let trace = try TracedGuests.trace(stream())
        let tiling = try GuestTiling(trace, count: tileCount)
        var places: Set<[Int]> = []
        for pfn in 0..<UInt32(tiling.addressSpacePageCount) {
            let (tile, tracePFN) = tiling.place(of: pfn)
            #expect(tiling.pfn(of: tracePFN, inTile: tile) == pfn)
            places.insert([tile, Int(tracePFN)])
        }
        #expect(places.count == tiling.addressSpacePageCount, comment)
        #expect(tiling.memoryPageCount == tileCount * trace.memoryPageCount)
    }

    @Test mutating func whatLiesAboveALargeHoleIsNotRepeated() throws {
        let top = UInt64(GuestTiling.holePageCount + 10)
        let pages = [0, 9, top].map { GuestPage($0, Content.noise($0)) }
        let rounds = [pages, [GuestPage(9, Content.noise(1)), GuestPage(top, Content.noise(2))]]
        let guest = try TracedGuests.guest(
            StockStreamBuilder.stream(rounds: rounds),
            tileCount: 3
        )
        #expect(guest.tiling.memoryPageCount == 3 + 2 * 2)
        #expect(guest.tiling.addressSpacePageCount == Int(top) + 1 + 2 * 10)
        guest.resume(at: 0)
        let dirty = guest.dirtyPages(at: 2 * guest.trace.loopSeconds).pfns
        #expect(dirty == [9, top, top + 10, top + 20])
    }

    @Test mutating func impossibleNumbersOfTilesAreRefused() throws {
        let trace = try TracedGuests.trace(stream())
        for count in [0, -1, 256, .max] {
            #expect(throws: RecordedStreamError.badTileCount(count, maximum: 255)) {
                try GuestTiling(trace, count: count)
            }
        }
        let last = GuestPage(1 << 24 - 1, Content.noise(1))
        let large = try TracedGuests.trace(
            StockStreamBuilder.stream(rounds: [[GuestPage(0, Content.noise(2)), last]])
        )
        #expect(throws: RecordedStreamError.badTileCount(2, maximum: 1)) {
            try GuestTiling(large, count: 2)
        }
    }

    @Test mutating func tilesWriteTheirPagesAtOtherTimesAndAllInALoop() throws {
        let guest = try TracedGuests.guest(stream(), tileCount: 4)
        guest.resume(at: 0)
        let loop = guest.trace.loopSeconds
        _ = guest.takeDirtyPages(at: 5 * loop)
        #expect(guest.dirtyPageCount(at: 6 * loop) == 4 * guest.trace.chains.count, comment)
        _ = guest.takeDirtyPages(at: 6 * loop)
        let written = guest.dirtyPages(at: 6 * loop + loop / 16).pfns
        let byTile = Dictionary(grouping: written) { guest.tiling.place(of: UInt32($0)).tile }
            .mapValues { pfns in pfns.map { guest.tiling.place(of: UInt32($0)).tracePFN } }
        #expect(Set(byTile.values).count > 1, comment)
    }

    @Test mutating func beforeItRunsNoPageOfATileIsDirty() throws {
        let guest = try TracedGuests.guest(stream(), tileCount: 4)
        #expect(guest.dirtyPageCount(at: 9) == 0)
        guest.resume(at: 9)
        #expect(guest.dirtyPageCount(at: 9) == 0)
    }

    // MARK: Content

    @Test func aRotationChangesEachByteButZeroToAnotherOne() {
        for number in 1..<GuestTiling.countMaximum {
            let page = (0..<4096).map { UInt8(truncatingIfNeeded: $0) }
            let rotated = Self.rotated(page, number)
            #expect(rotated[0] == 0 && Set(rotated).count == 256)
            #expect(zip(page, rotated).allSatisfy { $0 == 0 || $0 != $1 })
        }
        #expect(Self.rotated(Content.noise(1), 0) == Content.noise(1))
    }

    @Test mutating func tilesDifferInContentAndCompressAlike() throws {
        let guest = try TracedGuests.guest(stream(), tileCount: 9)
        var sizes: [Int: Int] = [:]
        var contents: [[UInt8]: Int] = [:]
        let batch = PageBatch()
        for start in stride(from: 0, to: guest.tiling.addressSpacePageCount, by: 1000) {
            let end = min(start + 1000, guest.tiling.addressSpacePageCount)
            guest.read(UInt32(start)..<UInt32(end), at: 0, into: batch)
            batch.forEachPage { pfn, _, page in
                let bytes = Array(UnsafeRawBufferPointer(start: page, count: 4096))
                let (tile, tracePFN) = guest.tiling.place(of: pfn)
                sizes[tile, default: 0] += Self.compressedByteCount(bytes)
                if bytes.contains(where: { $0 != 0 }) {
                    let known = contents.updateValue(tile, forKey: bytes)
                    #expect(known == nil || known == tile, "\(tracePFN) \(comment)")
                }
            }
        }
        // Later tiles are later in the loop: their pages are not quite those of the first.
        let first = Double(sizes[0] ?? 0)
        for (tile, size) in sizes {
            #expect(0.8...1.25 ~= Double(size) / first, "\(tile) \(comment)")
        }
    }

    private static func rotated(_ page: [UInt8], _ number: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 4096)
        page.withUnsafeBytes { page in
            result.withUnsafeMutableBytes { result in
                guard let page = page.baseAddress, let result = result.baseAddress else { return }
                ByteRotation(number: number).apply(to: page, into: result)
            }
        }
        return result
    }

    private static func compressedByteCount(_ bytes: [UInt8]) -> Int {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        return ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
    }
}
