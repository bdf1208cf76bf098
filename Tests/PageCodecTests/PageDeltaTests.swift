import TestSupport
import Testing

@testable import PageCodec

struct PageDeltaTests {
    private struct Delta: Equatable {
        var control: [UInt8]
        var literals: [UInt8]
        var byteCount: Int { control.count + literals.count }
    }

    /// Encodes with exactly the room that is promised, and checks that no more is used.
    private func encode(_ base: [UInt8], _ target: [UInt8], limit: Int? = nil) -> Delta? {
        let limit = limit ?? base.count - 1
        let capacity = limit + 32
        let canary = [UInt8](repeating: 0xc5, count: 64)
        let memory = (0..<2).map { _ in
            let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + canary.count)
            memory.initialize(repeating: 0xc5, count: capacity + canary.count)
            return memory
        }
        defer { for part in memory { part.deallocate() } }
        var control = memory[0]
        var literals = memory[1]
        let fits = base.withUnsafeBytes { base in
            target.withUnsafeBytes { target in
                var runs = ChangedRuns()
                _ = runs.compare(
                    from: base.baseAddress.unsafelyUnwrapped,
                    to: target.baseAddress.unsafelyUnwrapped,
                    byteCount: base.count
                )
                runs.find()
                return writeDelta(
                    runs,
                    to: target.baseAddress.unsafelyUnwrapped,
                    byteCount: base.count,
                    limit: limit,
                    control: &control,
                    literals: &literals
                )
            }
        }
        for part in memory {
            let tail = UnsafeBufferPointer(start: part + capacity, count: canary.count)
            precondition(tail.elementsEqual(canary), "a delta was written beyond its room")
        }
        guard fits else {
            precondition(control == memory[0] && literals == memory[1], "a cursor was moved")
            return nil
        }
        return Delta(
            control: [UInt8](UnsafeBufferPointer(start: memory[0], count: control - memory[0])),
            literals: [UInt8](UnsafeBufferPointer(start: memory[1], count: literals - memory[1]))
        )
    }

    private func apply(_ control: [UInt8], _ literals: [UInt8], to base: [UInt8]) throws -> [UInt8]
    {
        var target = base
        try target.withUnsafeMutableBytes { target in
            try withSection(control, .control) { control in
                try withSection(literals, .literals) { literals in
                    try applyDelta(
                        to: target.baseAddress.unsafelyUnwrapped,
                        byteCount: base.count,
                        pfn: 7,
                        control: &control,
                        literals: &literals
                    )
                    try literals.finish()
                }
                try control.finish()
            }
        }
        return target
    }

    @Test(arguments: [1024, 4096])
    func equalVersionsAreADeltaWithoutRuns(_ byteCount: Int) throws {
        let page = Content.noise(1, byteCount: byteCount)
        #expect(encode(page, page) == Delta(control: [0], literals: []))
        #expect(encode(page, page, limit: 1) == Delta(control: [0], literals: []))
        #expect(encode(page, page, limit: 0) == nil)
        #expect(try apply([0], [], to: page) == page)
    }

    @Test(
        arguments: [
            ([0], [1, 0, 1]), ([4095], [1, 0xff, 0x1f, 1]),
            ([0, 4095], [2, 0, 1, 0xfe, 0x1f, 1]),
            // Neighbouring words join if fewer than four bytes between them are equal.
            ([7, 8], [1, 7, 2]), ([6, 10], [1, 6, 5]), ([6, 11], [2, 6, 1, 4, 1]),
            // Within a word it is no different; across an equal word nothing joins.
            ([0, 7], [2, 0, 1, 6, 1]), ([0, 4], [1, 0, 5]), ([7, 16], [2, 7, 1, 8, 1]),
            // Around the 64 bytes that are compared at once.
            ([63], [1, 63, 1]), ([64], [1, 64, 1]), ([63, 64], [1, 63, 2]),
            ([127, 192], [2, 127, 1, 64, 1]),
        ] as [([Int], [UInt8])]
    )
    func runsAreWhereBytesChanged(_ offsets: [Int], _ control: [UInt8]) throws {
        let base = Content.noise(2)
        let changes = Dictionary(uniqueKeysWithValues: offsets.map { ($0, ~base[$0]) })
        let target = Content.changed(base, changes)
        let delta = try #require(encode(base, target))
        #expect(delta.control == control)
        #expect(try apply(delta.control, delta.literals, to: base) == target)
    }

    @Test func deltaThatDoesNotFitIsNotMade() {
        let base = Content.zero
        #expect(encode(base, Content.noise(3)) == nil)
        let target = Content.changed(base, [5: 1])
        #expect(encode(base, target, limit: 3) == nil)
        #expect(encode(base, target, limit: 4) == Delta(control: [1, 5, 1], literals: [1]))
        // One of the numbers takes two bytes, which shows only when it is written.
        let late = Content.changed(base, [200: 1])
        #expect(encode(base, late, limit: 4) == nil)
        #expect(encode(base, late, limit: 5) == Delta(control: [1, 200, 1, 1], literals: [1]))
    }

    @Test func manyRunsTakeATwoByteCount() throws {
        for runCount in [127, 128, 129, 512] {
            let base = Content.zero
            let changes = (0..<runCount).map { ($0 * 8, UInt8(1)) }
            let target = Content.changed(base, Dictionary(uniqueKeysWithValues: changes))
            let delta = try #require(encode(base, target))
            #expect(delta.literals.count == runCount)
            #expect(delta.control.count == 2 * runCount + (runCount < 128 ? 1 : 2))
            #expect(try apply(delta.control, delta.literals, to: base) == target)
        }
    }

    @Test func randomDeltasRebuildTheirTarget() throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for number in 0..<300 {
            let byteCount = Bool.random(using: &generator) ? 1024 : 4096
            let base = Content.noise(UInt64(number), byteCount: byteCount)
            var target = base
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                let start = Int.random(in: 0..<byteCount, using: &generator)
                let end = min(start + Int.random(in: 1...30, using: &generator), byteCount)
                for offset in start..<end where Int.random(in: 0..<4, using: &generator) > 0 {
                    target[offset] = generator.next(upperBound: 255)
                }
            }
            let comment: Comment = "CLOUDNET_TEST_SEED=\(seed)"
            let delta = encode(base, target)
            if let delta {
                let rebuilt = try apply(delta.control, delta.literals, to: base)
                #expect(rebuilt == target, comment)
            }
            let limit = Int.random(in: 4..<byteCount, using: &generator)
            if let limited = encode(base, target, limit: limit) {
                #expect(limited.byteCount <= limit && limited == delta, comment)
            }
        }
    }

    /// `encode` looks whether anything was written beyond the room that goes with a limit.
    @Test(arguments: [1024, 4096])
    func denseDeltasKeepToTheirRoom(_ byteCount: Int) throws {
        let base = Content.noise(5, byteCount: byteCount)
        // Single bytes with four equal ones in between are the most runs; a distance above 128 makes
        // numbers longer than the estimate; 16 bytes of a run are written whatever its length.
        for distance in [2, 4, 5, 6, 7, 8, 9, 20, 64, 127, 128, 129, 130, 200, 300, 1000] {
            for length in [1, 2, 15, 16, 17, 128] where length < distance {
                for first in [0, 1, distance - 1, byteCount % distance] {
                    var target = base
                    for start in stride(from: first, to: byteCount, by: distance) {
                        for offset in start..<min(start + length, byteCount) {
                            target[offset] ^= 0x80
                        }
                    }
                    try expectDeltaWithinEveryLimit(base, target)
                }
            }
        }
    }

    private func expectDeltaWithinEveryLimit(_ base: [UInt8], _ target: [UInt8]) throws {
        guard let delta = encode(base, target, limit: 2 * base.count) else {
            Issue.record("a delta does not fit into twice its page")
            return
        }
        #expect(try apply(delta.control, delta.literals, to: base) == target)
        // Around the estimate and the real length, where it is written first and then given up.
        let byteCount = delta.byteCount
        for limit in max(byteCount - 40, 0)..<byteCount {
            #expect(encode(base, target, limit: limit) == nil)
        }
        for limit in [byteCount, byteCount + 1] {
            #expect(encode(base, target, limit: limit) == delta)
        }
    }

    @Test(
        arguments: [
            // Kept reaches the end, is beyond it, is 2^64 - 1.
            [1, 0x80, 0x20, 1], [1, 0x81, 0x20, 1],
            [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1],
            // Nothing is replaced; too much is; 2^64 - 1 is.
            [1, 0, 0], [1, 1, 0x80, 0x20], [1, 0, 0x81, 0x20],
            [1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            // The second run leaves the page.
            [2, 0xfe, 0x1f, 1, 1, 1],
        ] as [[UInt8]]
    )
    func runThatLeavesThePageIsRefused(_ control: [UInt8]) {
        #expect(throws: PageCodecError.deltaOutOfRange(pfn: 7)) {
            try apply(control, Content.zero + Content.zero, to: Content.zero)
        }
    }

    @Test func deltaWithoutItsBytesIsRefused() {
        #expect(throws: PageCodecError.sectionEndsEarly(section: .literals, offset: 0)) {
            try apply([1, 0, 2], [9], to: Content.zero)
        }
        #expect(throws: PageCodecError.sectionEndsEarly(section: .control, offset: 10)) {
            // So many runs are announced that the count alone must not be believed.
            try apply([255, 255, 255, 255, 255, 255, 255, 255, 255, 1], [], to: Content.zero)
        }
    }

    @Test func changedWordsAreCounted() {
        func count(_ target: [UInt8]) -> Int {
            Content.zero.withUnsafeBytes { base in
                target.withUnsafeBytes {
                    ChangedWords(
                        from: base.baseAddress.unsafelyUnwrapped,
                        to: $0.baseAddress.unsafelyUnwrapped,
                        byteCount: 4096
                    ).count
                }
            }
        }
        #expect(count(Content.zero) == 0)
        #expect(count(Content.changed(Content.zero, [0: 1, 7: 1, 8: 1, 4095: 1])) == 3)
        #expect(count([UInt8](repeating: 1, count: 4096)) == 512)
    }
}

extension SeededGenerator {
    fileprivate mutating func next(upperBound: UInt8) -> UInt8 {
        UInt8.random(in: 0...upperBound, using: &self)
    }
}
