import TestSupport
import Testing

@testable import PageCodec

/// Pages are used where they lie in the cache: batches must stay valid as long as was asked for.
struct BatchesInUseTests {
    /// From caches in which nothing may stay to caches in which everything does.
    ///
    /// Every second batch that is encoded stays where it is, and of a decoder whose cache is the
    /// source's, every second one that is decoded.
    @Test(
        arguments: [3, 600, 1024, 1030, 1500, 2048, 2500, 3072, 5000].flatMap { slotCount in
            [1, 2, 3].map { (slotCount, $0) }
        },
        [CacheMemory.own, .source]
    )
    func batchesStayValid(_ sizes: (slotCount: Int, batches: Int), _ memory: CacheMemory) throws {
        let (slotCount, batchesInUse) = sizes
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed &+ UInt64(slotCount), pageCount: 600)
        let rounds = ([guest.allPages()] + (0..<9).map { _ in guest.nextRound() })
            .filter { !$0.isEmpty }
        var matcher = try PageMatcher(slotCount: slotCount, batchesInUse: batchesInUse)
        var decoder = try PageDecoder(
            slotCount: slotCount,
            cacheMemory: memory,
            batchesInUse: batchesInUse
        )
        // Used as late as is allowed: when one more batch would be one too many.
        var matched: [Int] = []
        var rebuilt: [(batch: RebuiltBatch, checksum: UInt64)] = []
        let matches = (0..<batchesInUse).map { _ in BatchMatches() }
        var writer = BatchWriter()
        let inputMemory = (0..<batchesInUse).map { _ in InputMemory() }
        var stayingInput: [InputMemory] = []
        let rebuiltMemory = (0..<batchesInUse).map { _ in RebuiltMemory() }
        var wire: [TestBatch] = []
        var found: [[UInt8]] = []
        func writeOldest() {
            wire.append(
                TestBatch(writer.write(matches[matched.removeFirst()], residue: .sent))
            )
        }
        for (number, pages) in rounds.enumerated() {
            if matched.count == batchesInUse { writeOldest() }
            let index = number % batchesInUse
            let pagesStay = number % 2 == 0
            let content = inputMemory[index].hold(pages.flatMap(\.content))
            pages.map { $0.entryBits.littleEndian }.withUnsafeBufferPointer {
                matcher.match(
                    entries: $0,
                    pages: content.baseAddress.unsafelyUnwrapped,
                    pagesStay: pagesStay,
                    into: matches[index]
                )
            }
            if !pagesStay { inputMemory[index].overwrite() }
            matched.append(index)
        }
        while !matched.isEmpty { writeOldest() }
        for (number, batch) in wire.enumerated() {
            if rebuilt.count == batchesInUse {
                found.append(try Self.content(rebuilt.removeFirst()))
            }
            let stays = memory == .source && number % 2 == 0
            if stays { stayingInput.append(InputMemory()) }
            let input = stays ? stayingInput.last : inputMemory[number % batchesInUse]
            rebuilt.append(
                (
                    try decoder.rebuild(
                        try #require(input).hold(batch.bytes),
                        takesFingerprints: number % 3 == 0,
                        staysInPlace: stays,
                        into: rebuiltMemory[number % batchesInUse]
                    ),
                    batch.checksum
                )
            )
        }
        found += try rebuilt.map(Self.content)
        let isSame = withExtendedLifetime(stayingInput) {
            found == rounds.map { $0.flatMap(\.content) }
        }
        #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
    }

    private static func content(
        _ rebuilt: (batch: RebuiltBatch, checksum: UInt64)
    ) throws -> [UInt8] {
        try rebuilt.batch.check(rebuilt.checksum)
        return rebuilt.batch.pages.flatMap { [UInt8]($0) }
    }

    /// Where a batch stays until it is written or checked.
    private final class InputMemory {
        private let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: PageFormat.batchByteCountMaximum,
            alignment: 8
        )

        deinit { bytes.deallocate() }

        func hold(_ batch: [UInt8]) -> UnsafeRawBufferPointer {
            bytes.copyBytes(from: batch)
            return UnsafeRawBufferPointer(rebasing: bytes.prefix(batch.count))
        }

        func overwrite() {
            for index in bytes.indices { bytes[index] = 0xa5 }
        }
    }

    @Test(arguments: [false, true])
    func wholePagesAreNotCopied(whenTheyStay pagesStay: Bool) throws {
        // Otherwise the test above proves less than it seems to.
        let pages = (0..<100).map { GuestPage($0, Content.noise($0)) }
        var matcher = try PageMatcher(slotCount: 1024)
        var writer = BatchWriter()
        let matches = BatchMatches()
        let input = InputMemory()
        let content = input.hold(pages.flatMap(\.content))
        pages.map { $0.entryBits.littleEndian }.withUnsafeBufferPointer {
            matcher.match(
                entries: $0,
                pages: content.baseAddress.unsafelyUnwrapped,
                pagesStay: pagesStay,
                into: matches
            )
        }
        let batch = writer.write(matches, residue: .sent)
        #expect(batch.literals.count == 1)
        #expect((batch.literals.first?.baseAddress == content.baseAddress) == pagesStay)
    }
}
