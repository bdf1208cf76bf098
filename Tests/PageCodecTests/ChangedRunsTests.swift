import TestSupport
import Testing

@testable import PageCodec

/// The runs that are found by bits are those that a loop over bytes finds.
struct ChangedRunsTests {
    /// Runs of changed bytes, one byte after the other; up to three equal ones in between belong.
    private func naiveRuns(_ base: [UInt8], _ target: [UInt8]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for offset in base.indices where base[offset] != target[offset] {
            if let last = runs.last, offset - last.upperBound <= 3 {
                runs[runs.count - 1] = last.lowerBound..<offset + 1
            } else {
                runs.append(offset..<offset + 1)
            }
        }
        return runs
    }

    /// Finds the runs in memory where everything around the two versions differs.
    private func found(
        _ runs: inout ChangedRuns,
        _ base: [UInt8],
        _ target: [UInt8],
        misalignment: Int = 0
    ) -> [Range<Int>] {
        let around = 72
        let before = [UInt8](repeating: 0x11, count: around)
        let otherBefore = [UInt8](repeating: 0x22, count: around + misalignment)
        let (first, second) = (before + base + before, otherBefore + target + otherBefore)
        first.withUnsafeBytes { first in
            second.withUnsafeBytes { second in
                _ = runs.compare(
                    from: first.baseAddress.unsafelyUnwrapped + around,
                    to: second.baseAddress.unsafelyUnwrapped + around + misalignment,
                    byteCount: base.count
                )
                runs.find()
            }
        }
        return (0..<runs.count).map { runs[$0].start..<runs[$0].end }
    }

    /// Compares with the naive runs; all other counts must fit too.
    private func isRight(
        _ runs: inout ChangedRuns,
        _ base: [UInt8],
        _ target: [UInt8],
        misalignment: Int = 0
    ) -> Bool {
        let expected = naiveRuns(base, target)
        let found = found(&runs, base, target, misalignment: misalignment)
        let byteCount = expected.reduce(0) { $0 + $1.count }
        return found == expected && runs.byteCount == byteCount
            && runs.deltaByteCountMinimum == 1 + 2 * expected.count + byteCount
    }

    @Test(arguments: [1024, 4096])
    func randomRunsAreThoseOfANaiveComparison(_ byteCount: Int) {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        // One for all, so that what is left of one page would show in the next.
        var runs = ChangedRuns()
        let differences: [UInt8] = [0x01, 0x80, 0x7f, 0xff]
        for number in 0..<600 {
            let base = Content.noise(UInt64(number), byteCount: byteCount)
            var target = base
            // From hardly a byte to all of them, of 4,096.
            let chance = [1, 4, 16, 64, 256, 512, 1024, 2048, 3072, 3840, 4090, 4096][number % 12]
            // Bytes that change alone, or some in a row.
            let longest = [1, 4, 20][number / 12 % 3]
            var offset = 0
            while offset < byteCount {
                guard Int.random(in: 0..<4096, using: &generator) < chance else {
                    offset += 1
                    continue
                }
                let end = min(
                    offset + Int.random(in: 1...longest, using: &generator),
                    byteCount
                )
                for changed in offset..<end {
                    target[changed] ^=
                        differences.randomElement(using: &generator) ?? 1
                }
                offset = end
            }
            let isRight = isRight(&runs, base, target, misalignment: number % 8)
            #expect(isRight, "CLOUDNET_TEST_SEED=\(seed), page \(number)")
        }
    }

    /// Every pattern of changes around the borders of what is compared at once, and at both ends.
    @Test(arguments: [1024, 4096])
    func allPatternsAtTheBordersAreFound(_ byteCount: Int) {
        let patternBitCount = 10
        var runs = ChangedRuns()
        let base = [UInt8](repeating: 0x5a, count: byteCount)
        let starts =
            [0, byteCount - patternBitCount] + [54, 57, 60, 63]
            + [54, 57, 60, 63].map { byteCount - 128 + $0 }
        for start in starts {
            for pattern in 0..<1 << patternBitCount {
                var target = base
                for bit in 0..<patternBitCount where pattern >> bit & 1 == 1 {
                    target[start + bit] = 0xa5
                }
                // The naive comparison of all bytes would take long here.
                let part = max(start - 1, 0)..<min(start + patternBitCount + 1, byteCount)
                let expected = naiveRuns([UInt8](base[part]), [UInt8](target[part])).map {
                    part.lowerBound + $0.lowerBound..<part.lowerBound + $0.upperBound
                }
                let found = target.withUnsafeBytes { target in
                    base.withUnsafeBytes { base in
                        _ = runs.compare(
                            from: base.baseAddress.unsafelyUnwrapped,
                            to: target.baseAddress.unsafelyUnwrapped,
                            byteCount: byteCount
                        )
                        runs.find()
                    }
                    return (0..<runs.count).map { runs[$0].start..<runs[$0].end }
                }
                guard found == expected else {
                    Issue.record("pattern \(pattern) at \(start): \(found), not \(expected)")
                    return
                }
            }
        }
    }

    /// Runs of all lengths that start or end near a border of 64 bytes or the end.
    @Test(arguments: [1024, 4096])
    func longRunsAcrossBordersAreFound(_ byteCount: Int) {
        var runs = ChangedRuns()
        let base = Content.noise(1, byteCount: byteCount)
        let edges = [0, 64, 128, 192, 512, byteCount - 64, byteCount].flatMap { border in
            (border - 4...border + 4).filter { 0...byteCount ~= $0 }
        }
        for start in edges {
            for end in edges where end > start {
                var target = base
                for offset in start..<end { target[offset] ^= 0x80 }
                let found = found(&runs, base, target)
                #expect(found == [start..<end])
                #expect(runs.byteCount == end - start)
            }
        }
    }

    @Test(arguments: [1024, 4096])
    func equalAndWhollyDifferentVersionsAreFound(_ byteCount: Int) {
        var runs = ChangedRuns()
        let base = Content.noise(1, byteCount: byteCount)
        for _ in 0..<2 {
            let whole = found(&runs, base, base.map { ~$0 })
            #expect(whole == [0..<byteCount])
            let none = found(&runs, base, base)
            #expect(none.isEmpty)
            #expect(runs.deltaByteCountMinimum == 1)
        }
    }

    /// As many runs as there can be: single bytes with four equal ones in between.
    @Test(arguments: [1024, 4096])
    func mostRunsThatThereCanBeAreFound(_ byteCount: Int) {
        var runs = ChangedRuns()
        let base = Content.noise(1, byteCount: byteCount)
        for first in 0..<5 {
            var target = base
            for offset in stride(from: first, to: byteCount, by: 5) { target[offset] ^= 1 }
            let isRight = isRight(&runs, base, target)
            #expect(isRight)
            #expect(runs.count == (byteCount - first + 4) / 5)
        }
    }
}
