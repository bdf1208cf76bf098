import StopPolicy
import Testing

@Suite struct SimulationTests {
    /// So many worlds per guest and link.
    ///
    /// Always the same: of random ones, the means would sometimes be further apart than is asserted.
    private static let seeds = (1...30).map { UInt64($0) * 7919 }

    private struct Means {
        var seconds = 0.0
        var pauseSeconds = 0.0
        var roundCount = 0.0

        mutating func add(_ outcome: SimulatedPreCopy.Outcome) {
            seconds += outcome.seconds / Double(seeds.count)
            pauseSeconds += outcome.pauseSeconds / Double(seeds.count)
            roundCount += Double(outcome.roundCount) / Double(seeds.count)
        }
    }

    private func means(
        _ guest: SimulatedGuest,
        _ link: SimulatedLink,
        _ run: (SimulatedPreCopy) -> SimulatedPreCopy.Outcome
    ) -> Means {
        Self.seeds.reduce(into: Means()) { means, seed in
            means.add(run(SimulatedPreCopy(guest: guest, link: link, seed: seed)))
        }
    }

    @Test(arguments: SimulatedGuest.all, SimulatedLink.all)
    func itIsNotWorseThanStock(guest: SimulatedGuest, link: SimulatedLink) {
        let stock = means(guest, link) { $0.run(StopRules(policy: .stock)) }
        let smart = means(guest, link) { $0.run(StopRules()) }
        // A burst may begin in any round: so few worlds do not tell the mean of the pauses.
        let isBursty = guest.name == "bursty" || guest.name == "phased"
        let comment: Comment = "\(stock) by stock's rule, \(smart) by ours"
        #expect(smart.seconds <= stock.seconds * 1.03, comment)
        #expect(
            smart.pauseSeconds <= stock.pauseSeconds * (isBursty ? 1.4 : 1.05) + 0.001,
            comment
        )
    }

    @Test(arguments: SimulatedGuest.all, SimulatedLink.all)
    func noWorldIsMuchSlowerThanWithStock(guest: SimulatedGuest, link: SimulatedLink) {
        for seed in Self.seeds {
            let world = SimulatedPreCopy(guest: guest, link: link, seed: seed)
            let stock = world.run(StopRules(policy: .stock))
            let smart = world.run(StopRules())
            // What it wanted to save of the pause may become a longer one.
            let limit = (stock.seconds - stock.pauseSeconds) * 1.05 + smart.pauseSeconds
            #expect(smart.seconds <= limit, "seed \(seed): \(smart.lines)")
        }
    }

    @Test(arguments: [SimulatedLink.wide, .shared])
    func aGuestThatNeverConvergesIsNotSentOverAndOver(link: SimulatedLink) {
        let stock = means(.neverConverging, link) { $0.run(StopRules(policy: .stock)) }
        let smart = means(.neverConverging, link) { $0.run(StopRules()) }
        #expect(smart.seconds < stock.seconds * 0.7)
        #expect(smart.roundCount < 3)
    }

    @Test(arguments: [SimulatedLink.wide, .shared])
    func aGuestThatConvergesIsPausedForLess(link: SimulatedLink) {
        let stock = means(.converging, link) { $0.run(StopRules(policy: .stock)) }
        let smart = means(.converging, link) { $0.run(StopRules()) }
        #expect(smart.pauseSeconds < stock.pauseSeconds)
    }

    @Test(arguments: [SimulatedGuest.steady, .neverConverging, .incompressible, .phased])
    func itIsMuchFasterThanThirtyRounds(guest: SimulatedGuest) {
        let thirty = means(guest, .wide) { $0.runWithThirtyRounds() }
        let smart = means(guest, .wide) { $0.run(StopRules()) }
        #expect(smart.seconds < thirty.seconds)
        #expect(smart.pauseSeconds < thirty.pauseSeconds * 1.1 + 0.1)
    }

    @Test(arguments: SimulatedGuest.all)
    func aPauseBudgetIsMetWhereItCanBe(guest: SimulatedGuest) {
        var (possibleCount, metCount) = (0, 0)
        var failures: [UInt64] = []
        for link in SimulatedLink.all {
            for seed in Self.seeds {
                let world = SimulatedPreCopy(guest: guest, link: link, seed: seed)
                let isPossible = world.runWithThirtyRounds().possiblePauses.contains { $0 <= 0.3 }
                guard isPossible else { continue }
                let outcome = world.run(
                    StopRules(maxPauseMilliseconds: 300, whenUnmet: .abort)
                )
                possibleCount += 1
                if outcome.decision == .stop, outcome.pauseSeconds <= 0.3 {
                    metCount += 1
                } else {
                    failures.append(seed)
                }
            }
        }
        #expect(
            Double(metCount) >= 0.95 * Double(possibleCount),
            "\(metCount) of \(possibleCount); not with the seeds \(failures)"
        )
    }

    @Test(
        arguments: [SimulatedGuest.neverConverging, .incompressible],
        StopRules.WhenUnmet.allCases
    )
    func aPauseBudgetThatCannotBeMetEndsAsConfigured(
        guest: SimulatedGuest,
        whenUnmet: StopRules.WhenUnmet
    ) {
        for seed in Self.seeds.prefix(10) {
            let world = SimulatedPreCopy(guest: guest, link: .wide, seed: seed)
            let outcome = world.run(
                StopRules(
                    maxPauseMilliseconds: 100,
                    maxTimeSeconds: 300,
                    whenUnmet: whenUnmet
                )
            )
            let expected: Verdict.Decision = whenUnmet == .abort ? .abort : .stop
            #expect(outcome.decision == expected, "seed \(seed): \(outcome.lines)")
            #expect(
                whenUnmet == .continue ? outcome.roundCount > 30 : outcome.roundCount <= 30,
                "seed \(seed): \(outcome.lines)"
            )
            #expect(outcome.seconds <= 300, "seed \(seed): \(outcome.lines)")
        }
    }

    @Test(arguments: SimulatedGuest.all) func aTimeBudgetIsKept(guest: SimulatedGuest) {
        for seed in Self.seeds.prefix(10) {
            let world = SimulatedPreCopy(guest: guest, link: .wide, seed: seed)
            let free = world.run(StopRules())
            // Round 0 cannot be cut short.
            let budget = free.seconds + 1
            let outcome = world.run(
                StopRules(
                    maxPauseMilliseconds: 20,
                    maxTimeSeconds: budget,
                    whenUnmet: .continue
                )
            )
            #expect(outcome.decision == .stop)
            #expect(outcome.seconds <= budget * 1.02, "seed \(seed): \(outcome.lines)")
        }
    }
}
