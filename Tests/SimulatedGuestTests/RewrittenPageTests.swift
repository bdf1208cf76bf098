import CZstd
import TestSupport
import Testing

@testable import SimulatedGuest

/// What a page holds when a trace loops.
struct RewrittenPageTests {
    private static let first = words { $0 % 3 == 0 ? 0 : UInt64($0) << 20 }
    private static let second = words { first[$0] + ($0 < 100 ? 1 << 40 : 0) }
    private static let third = words { second[$0] + ($0 % 7 == 0 ? 1 << 50 : 0) }

    private static func words(_ word: (Int) -> UInt64) -> [UInt64] { (0..<512).map(word) }

    /// A page at a place in its history.
    private func page(
        _ versions: [[UInt64]],
        version: Int,
        loop: UInt32,
        remaining: UInt16 = 0
    ) -> [UInt64] {
        var result = [UInt64](repeating: 1, count: 512)
        let content = versions.flatMap { $0 }
        content.withUnsafeBytes { content in
            let builder = RewrittenPage()
            defer { builder.deallocate() }
            result.withUnsafeMutableBytes { result in
                guard let start = result.baseAddress else { return }
                builder.build(
                    .init(version: UInt16(version), remaining: remaining, loop: loop),
                    of: versions.indices.map { PageVersion(type: 0, offset: 4096 * $0) }[...],
                    in: content,
                    at: start
                )
            }
        }
        return result
    }

    @Test func theFirstLoopIsAsRecorded() {
        let versions = [Self.first, Self.second, Self.third]
        #expect(page(versions, version: 1, loop: 0) == Self.second)
        #expect(page(versions, version: 2, loop: 0) == Self.third)
    }

    @Test func aWriteChangesTheWordsThatItChangedWhenRecorded() {
        let versions = [Self.first, Self.second, Self.third]
        for loop in 1...5 as ClosedRange<UInt32> {
            let before = page(versions, version: 1, loop: loop)
            let after = page(versions, version: 2, loop: loop)
            for index in 0..<512 {
                #expect((before[index] != after[index]) == (index % 7 == 0), "word \(index)")
            }
        }
    }

    @Test func onlyLowBitsDifferFromTheRecordedPage() {
        let versions = [Self.first, Self.second, Self.third]
        for loop in 0...300 as ClosedRange<UInt32> {
            for (version, recorded) in [(1, Self.second), (2, Self.third)] {
                let words = page(versions, version: version, loop: loop, remaining: 3)
                #expect(words.indices.allSatisfy { (words[$0] ^ recorded[$0]) >> 16 == 0 })
                #expect(words.indices.allSatisfy { (words[$0] == 0) == (recorded[$0] == 0) })
            }
        }
    }

    @Test func noContentComesBackForManyLoops() {
        let versions = [Self.first, Self.second, Self.third]
        var seen: Set<[UInt64]> = [Self.first]
        for loop in 0..<200 as Range<UInt32> {
            for version in 1...2 {
                for remaining in [2, 1, 0] as [UInt16] {
                    let words = page(versions, version: version, loop: loop, remaining: remaining)
                    #expect(seen.insert(words).inserted, "loop \(loop) version \(version)")
                }
            }
        }
    }

    @Test func aPageWithOneVersionIsNewInEachLoop() {
        var seen: Set<[UInt64]> = [Self.first]
        for loop in 0..<200 as Range<UInt32> {
            let words = page([Self.first, Self.second], version: 1, loop: loop)
            #expect(seen.insert(words).inserted)
            #expect(words[100...] == Self.first[100...], "what was never written stays")
        }
    }

    @Test func aPageThatBecomesZeroDoesSoInEachLoop() {
        let zero = [UInt64](repeating: 0, count: 512)
        for loop in 0...9 as ClosedRange<UInt32> {
            #expect(page([Self.first, zero], version: 1, loop: loop) == zero)
        }
    }

    @Test func pagesCompressAboutAsWellAsTheRecordedOnes() throws {
        let path = "\(Repository.goldenPath)/pvh-live.libxc.zst"
        let trace = try TracedGuests.trace(try CompressedSource.bytes(ofFile: path))
        let guest = RunningGuest(trace, timeScale: 1, tiling: try GuestTiling(trace))
        guest.resume(at: 0)
        func byteCount(atLoop loop: Double) -> Int {
            let batch = PageBatch()
            let pfns = trace.chains.map(\.pfn)
            var sum = 0
            for start in stride(from: 0, to: pfns.count, by: 1024) {
                let part = pfns[start..<min(start + 1024, pfns.count)]
                guest.read(part, at: loop * trace.loopSeconds, into: batch)
                let pages = batch.pages.flatMap(\.content)
                var compressed = [UInt8](repeating: 0, count: ZSTD_compressBound(pages.count))
                sum += ZSTD_compress(&compressed, compressed.count, pages, pages.count, 3)
            }
            return sum
        }
        let recorded = byteCount(atLoop: 1)
        for loop in [2.0, 3, 50] {
            let ratio = Double(byteCount(atLoop: loop)) / Double(recorded)
            #expect((0.95...1.25).contains(ratio), "\(ratio) times the recorded size")
        }
    }
}
