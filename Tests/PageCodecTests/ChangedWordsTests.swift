import TestSupport
import Testing

@testable import PageCodec

/// Which words changed, and pages and blocks that are coded so.
struct ChangedWordsTests {
    /// The mask of the protocol, bit by bit.
    private func mask(_ base: [UInt8], _ target: [UInt8]) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: base.count / 64)
        for word in 0..<base.count / 8 {
            let bytes = 8 * word..<8 * word + 8
            if base[bytes] != target[bytes] { mask[word / 8] |= 1 << UInt8(word % 8) }
        }
        return mask
    }

    /// The words that the mask names.
    private func values(_ mask: [UInt8], of target: [UInt8]) -> [UInt8] {
        var values: [UInt8] = []
        for word in 0..<target.count / 8 where isSet(word, in: mask) {
            values += target[8 * word..<8 * word + 8]
        }
        return values
    }

    private func isSet(_ word: Int, in mask: [UInt8]) -> Bool {
        mask[word / 8] & 1 << UInt8(word % 8) != 0
    }

    /// The mask and values that are found, with `target` at any address.
    private func found(
        _ base: [UInt8],
        _ target: [UInt8],
        misalignment: Int = 0
    ) -> (mask: [UInt8], count: Int, values: [UInt8]) {
        let memory = [UInt8](repeating: 0, count: misalignment) + target
        return base.withUnsafeBytes { base in
            memory.withUnsafeBytes { memory in
                let target = memory.baseAddress.unsafelyUnwrapped + misalignment
                let changed = ChangedWords(
                    from: base.baseAddress.unsafelyUnwrapped,
                    to: target,
                    byteCount: base.count
                )
                let mask = withUnsafeBytes(of: changed.bits) {
                    [UInt8]($0.prefix(ChangedWords.maskByteCount(ofByteCount: base.count)))
                }
                let values = writtenBytes(capacity: base.count) { cursor in
                    writeChangedWords(changed, of: target, byteCount: base.count, to: &cursor)
                }
                return (mask, changed.count, values)
            }
        }
    }

    @Test(arguments: [1024, 4096])
    func eachWordHasItsBit(_ byteCount: Int) {
        let base = Content.noise(1, byteCount: byteCount)
        for offset in 0..<byteCount {
            // Only one bit of the byte changes, and each in turn.
            let target = Content.changed(base, [offset: base[offset] ^ 1 << UInt8(offset / 3 % 8)])
            var mask = [UInt8](repeating: 0, count: byteCount / 64)
            mask[offset / 64] = 1 << UInt8(offset / 8 % 8)
            let found = found(base, target)
            #expect(found.mask == mask && found.count == 1, "byte \(offset)")
            #expect(found.values == Array(target[offset & ~7..<(offset & ~7) + 8]))
        }
    }

    @Test func maskIsThatOfANaiveComparison() {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for number in 0..<400 {
            let byteCount = Bool.random(using: &generator) ? 1024 : 4096
            let base = Content.noise(UInt64(number), byteCount: byteCount)
            var target = base
            // From no word to all of them.
            let chance = [0, 1, 8, 32, 64, 96, 127, 128][number % 8]
            for word in 0..<byteCount / 8
            where Int.random(in: 0..<128, using: &generator) < chance {
                let offset = 8 * word + Int.random(in: 0..<8, using: &generator)
                target[offset] ^= UInt8.random(in: 1...255, using: &generator)
            }
            let expected = mask(base, target)
            let found = found(base, target, misalignment: number / 8 % 8)
            let isSame =
                found.mask == expected
                && found.count == expected.reduce(0) { $0 + $1.nonzeroBitCount }
                && found.values == values(expected, of: target)
            #expect(isSame, "CLOUDNET_TEST_SEED=\(seed), page \(number)")
        }
    }

    @Test func wordsRebuildTheirTarget() throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for number in 0..<200 as Range<UInt64> {
            let byteCount = Bool.random(using: &generator) ? 1024 : 4096
            let base = Content.noise(number, byteCount: byteCount)
            let noise = Content.noise(number + 1000, byteCount: byteCount)
            // A reader must follow any mask, also one that names words that did not change.
            var mask = [UInt8](repeating: 0, count: byteCount / 64)
            for index in mask.indices where Bool.random(using: &generator) {
                mask[index] = UInt8.random(in: 0...255, using: &generator)
            }
            var target = base
            for word in 0..<byteCount / 8 where isSet(word, in: mask) && word % 3 > 0 {
                let bytes = 8 * word..<8 * word + 8
                target.replaceSubrange(bytes, with: noise[bytes])
            }
            var rebuilt = base
            try withSection(mask) { control in
                try withSection(values(mask, of: target), .literals) { literals in
                    try rebuilt.withUnsafeMutableBytes {
                        try applyChangedWords(
                            to: $0.baseAddress.unsafelyUnwrapped,
                            byteCount: byteCount,
                            control: &control,
                            literals: &literals
                        )
                    }
                    try literals.finish()
                }
                try control.finish()
            }
            let isSame = rebuilt == target
            #expect(isSame, "CLOUDNET_TEST_SEED=\(seed), page \(number)")
        }
    }

    // MARK: Whole batches

    /// Expects that the last page is coded so, each page in a batch of its own, and comes back.
    private func expect(
        classCode: UInt8,
        control: [UInt8],
        literals: [UInt8],
        ofLast pages: [GuestPage],
        slotCount: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let encoder = try BatchEncoder(slotCount: slotCount, residue: .compressed)
        let decoder = try BatchDecoder(slotCount: slotCount)
        var batch = TestBatch(bytes: [], checksum: 0)
        for page in pages {
            batch = encoder.encode([page])
            #expect(try decoder.decode(batch) == [page], sourceLocation: sourceLocation)
        }
        let last = try #require(pages.last)
        let expected = HandMadeBatch(
            entries: [UInt8(2 * last.pfn), 0],
            classes: [classCode << 4],
            control: control,
            literals: literals
        )
        #expect(batch.bytes == expected.batch().bytes, sourceLocation: sourceLocation)
    }

    private static let zeroMask = [UInt8](repeating: 0, count: 64)

    @Test func wordsReplaceThoseOfTheLastVersion() throws {
        let base = Content.noise(1)
        let target = Content.changed(base, [0: ~base[0], 7: ~base[7], 4095: ~base[4095]])
        try expect(
            classCode: 7,
            control: Content.changed(Self.zeroMask, [0: 0x01, 63: 0x80]),
            literals: [UInt8](target[0..<8] + target[4088...]),
            ofLast: [GuestPage(1, base), GuestPage(2, Content.noise(2)), GuestPage(1, target)],
            slotCount: 2
        )
    }

    @Test func wordsReplaceZerosIfTheLastVersionWasOverwritten() throws {
        let base = Content.noise(1)
        // Equal to the version that is gone, but for zeros: only the equal words come.
        let target = Content.zero[..<2048] + base[2048..<2080] + Content.zero[2080...]
        let pages = [
            GuestPage(1, base), GuestPage(2, Content.noise(2)), GuestPage(1, [UInt8](target)),
        ]
        try expect(
            classCode: 7,
            control: Content.changed(Self.zeroMask, [32: 0x0f]),
            literals: [UInt8](base[2048..<2080]),
            ofLast: pages,
            slotCount: 1
        )
    }

    @Test func wordsReplaceThoseOfTheirBlock() throws {
        let (base, other) = (Content.noise(1), Content.noise(2))
        // A cached block, a change of the base, noise, and the base itself.
        let changed = Content.changed([UInt8](base[1024..<2048]), [1023: ~base[2047]])
        let noise = Content.noise(4, byteCount: 1024)
        try expect(
            classCode: 5,
            // Reference, words, literal, words; block 1 of slot 1; one word; none.
            control: [0x01 | 0x03 << 2 | 0x00 << 4 | 0x03 << 6, 10]
                + Content.changed(Array(Self.zeroMask.prefix(16)), [15: 0x80])
                + Self.zeroMask.prefix(16),
            literals: [UInt8](changed.suffix(8)) + noise,
            ofLast: [
                GuestPage(1, base), GuestPage(2, other),
                GuestPage(1, other[1024..<2048] + changed + noise + base[3072...]),
            ],
            slotCount: 2
        )
    }

    @Test func wordsOfABlockReplaceZerosIfTheLastVersionWasOverwritten() throws {
        let (base, other) = (Content.noise(1), Content.noise(2))
        let target =
            other[..<1024] + base[1024..<1032] + [UInt8](repeating: 0, count: 1016)
            + base[2048..<3072] + Content.zero[..<1024]
        try expect(
            classCode: 5,
            // Reference, words, literal, words; block 0; one word; none.
            control: [0x01 | 0x03 << 2 | 0x00 << 4 | 0x03 << 6, 0]
                + Content.changed(Array(Self.zeroMask.prefix(16)), [0: 0x01])
                + Self.zeroMask.prefix(16),
            literals: [UInt8](base[1024..<1032] + base[2048..<3072]),
            ofLast: [GuestPage(1, base), GuestPage(2, other), GuestPage(1, [UInt8](target))],
            slotCount: 1
        )
    }

    @Test func pageOfWordsIsStored() throws {
        let page = Content.changed(Content.zero, [100: 1])
        let pages = [GuestPage(1, page), GuestPage(2, page), GuestPage(1, page)]
        let result = try roundTrip(slotCount: 1, [pages], .compressed)
        #expect(result.pages == [pages])
        #expect(result.classCodes == [[7, 3, 2]])
    }
}
