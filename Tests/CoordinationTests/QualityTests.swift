import TestSupport
import Testing

@testable import Coordination

/// How good the release is where nothing goes wrong: skew, pauses, and bytes that it costs.
@Suite struct QualityTests {
    /// What a run has come to.
    private struct Outcome {
        var skew = 0.0
        var byteCount = 0.0
        var longestPause = 0.0
        var seconds = 0.0
    }

    private func run(
        _ guests: [SimulatedMember.Guest],
        _ pacing: GroupRules.Pacing = .hold,
        seed: UInt64,
        link: String? = nil
    ) -> Outcome {
        var rules = GroupRules.pair(guests.count)
        rules.pacing = pacing
        let faults = World.Faults(delay: 0.02)
        var world = World(
            guests,
            rules: rules,
            faults: faults,
            seed: seed,
            step: 0.01,
            link: link
        )
        world.run(seconds: 3000)
        #expect(world.members.allSatisfy { $0.state == .done }, "seed \(seed)")
        let times = world.members.compactMap(\.suspendedAt)
        return Outcome(
            skew: (times.max() ?? 0) - (times.min() ?? 0),
            byteCount: world.members.reduce(0) { $0 + $1.sentByteCount },
            longestPause: world.members.compactMap(\.pauseSeconds).max() ?? 0,
            seconds: times.max() ?? 0
        )
    }

    /// Each guest alone, by its own rule.
    private func alone(_ guests: [SimulatedMember.Guest], seed: UInt64) -> Outcome {
        var sum = Outcome()
        for guest in guests {
            let outcome = run([guest], seed: seed)
            sum.byteCount += outcome.byteCount
            sum.longestPause = max(sum.longestPause, outcome.longestPause)
            sum.seconds = max(sum.seconds, outcome.seconds)
        }
        return sum
    }

    /// A large guest, and others an eighth of its size, on links of 100 Mb/s.
    private func group(of count: Int, _ random: inout SeededGenerator) -> [SimulatedMember.Guest] {
        (0..<count).map { number in
            let memory = number == 0 ? 8e8 : 1e8
            return SimulatedMember.Guest(
                memoryByteCount: memory,
                dirtyBytesPerSecond: Double.random(in: 1e6...8e6, using: &random),
                workingSetByteCount: memory * Double.random(in: 0.02...0.15, using: &random),
                linkBytesPerSecond: 12.5e6,
                estimateFactor: Double.random(in: 0.8...1.25, using: &random)
            )
        }
    }

    @Test(arguments: [2, 8], 0..<12)
    func theGroupStopsTogetherAndCheaply(_ count: Int, _ number: Int) {
        let seed = SeededGenerator.seedOfRun &+ UInt64(number)
        var random = SeededGenerator(seed: seed)
        let guests = group(of: count, &random)
        let alone = alone(guests, seed: seed)
        let ours = run(guests, seed: seed)
        let extra = ours.byteCount / alone.byteCount - 1
        let about = "seed \(seed): \(ours) alone \(alone)"
        // No further apart than messages take, and a round's end is seen.
        #expect(ours.skew <= 0.05, "\(about)")
        #expect(extra < 0.1, "\(about)")
        #expect(ours.longestPause <= alone.longestPause * 2 + 0.3, "\(about)")
        #expect(ours.seconds <= alone.seconds * 1.1 + 5, "\(about)")
    }

    @Test func thePapersRuleCostsMore() {
        let seed = SeededGenerator.seedOfRun
        var random = SeededGenerator(seed: seed)
        let guests = group(of: 2, &random)
        let alone = alone(guests, seed: seed)
        let spinning = run(guests, .spin, seed: seed)
        let ours = run(guests, seed: seed)
        let about = "seed \(seed): \(spinning) ours \(ours) alone \(alone)"
        #expect(spinning.skew <= 0.05, "\(about)")
        #expect(spinning.byteCount > ours.byteCount, "\(about)")
    }
}
