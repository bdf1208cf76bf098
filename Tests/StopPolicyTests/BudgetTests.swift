import Testing

@testable import StopPolicy

@Suite struct BudgetTests {
    // A page takes 300 bytes, the link 10 MB/s: 10,000 pages take 300 ms, round 0 about 2 s.

    @Test func aPauseThatFitsIsTaken() {
        let rules = StopRules(maxPauseMilliseconds: 300)
        // Smart Stop would send two more rounds.
        let result = verdicts(rules, dirty: [20000, 5000, 4600, 4200])
        #expect(result.map(\.decision) == [.next, .next, .stop])
        #expect(result.last?.reason == .pauseFits(budgetMilliseconds: 300))
    }

    @Test func aLimitIsNoGoalWhileRoundsLeaveMuchLess() {
        let rules = StopRules(maxPauseMilliseconds: 5000)
        let result = verdicts(rules, dirty: [20000, 5000, 1200, 300, 40])
        #expect(result.count == 5)
        #expect(result.last?.reason == .fewPages)
    }

    @Test func aPauseThatIsOnlyJustExpectedToFitIsNotTaken() {
        // 290 ms, give or take.
        let rules = StopRules(maxPauseMilliseconds: 300)
        let result = verdicts(rules, dirty: [9700, 9670, 9660, 9650])
        #expect(result.allSatisfy { $0.decision == .next })
    }

    @Test func roundsGoOnWhileTheRemainderMayFit() {
        // Smart Stop alone would stop after round 4 at the latest.
        let dirty = [40000, 20000, 30000, 20000, 12000, 26000, 18000, 11000, 28000, 4000]
        let result = verdicts(StopRules(maxPauseMilliseconds: 200), dirty: dirty)
        #expect(result.count == 10)
        #expect(result.last?.decision == .stop)
        #expect(result[6].reason == .pauseTooLong(budgetMilliseconds: 200))
    }

    @Test(arguments: [(StopRules.WhenUnmet.stop, Verdict.Decision.stop), (.abort, .abort)])
    func aPauseThatCannotFitEndsItAsConfigured(
        whenUnmet: StopRules.WhenUnmet,
        decision: Verdict.Decision
    ) {
        let rules = StopRules(maxPauseMilliseconds: 300, whenUnmet: whenUnmet)
        let result = verdicts(rules, dirty: Array(repeating: 20000, count: 40))
        #expect(result.last?.decision == decision)
        #expect(result.count < 8)
        guard case .pauseUnmet(300, let best) = result.last?.reason else {
            Issue.record("\(String(describing: result.last))")
            return
        }
        #expect((550...650).contains(best))
    }

    @Test func itGoesOnForEverIfTold() {
        let rules = StopRules(maxPauseMilliseconds: 300, whenUnmet: .continue)
        let result = verdicts(rules, dirty: Array(repeating: 20000, count: 100) + [1000])
        #expect(result.count == 101)
        #expect(result.last?.decision == .stop)
    }

    @Test func timeEndsThatToo() {
        let rules = StopRules(
            maxPauseMilliseconds: 300,
            maxTimeSeconds: 20,
            whenUnmet: .continue
        )
        let result = verdicts(rules, dirty: Array(repeating: 20000, count: 100))
        // After 2 s, rounds take 0.6 s each.
        #expect(result.last?.decision == .stop)
        #expect((25...30).contains(result.count))
        guard case .timeUsed(20, let used) = result.last?.reason else {
            Issue.record("\(String(describing: result.last))")
            return
        }
        #expect(used < 20)
    }

    @Test func fewPagesAreSentAgainIfTheirPauseDoesNotFit() {
        let rules = StopRules(maxPauseMilliseconds: 0.5, whenUnmet: .abort)
        let result = verdicts(rules, dirty: [20])
        #expect(result.last?.decision == .next)
    }

    @Test func timeThatIsUsedStopsIfThePauseFits() {
        let rules = StopRules(maxTimeSeconds: 2.9, whenUnmet: .abort)
        let result = verdicts(rules, dirty: [9000, 8000, 7000, 6000])
        #expect(result.last?.decision == .stop)
        guard case .timeUsed(2.9, _) = result.last?.reason else {
            Issue.record("\(String(describing: result.last))")
            return
        }
    }

    @Test func timeThatIsUsedAbortsIfThePauseDoesNotFit() {
        let rules = StopRules(
            maxPauseMilliseconds: 100,
            maxTimeSeconds: 2.9,
            whenUnmet: .abort
        )
        let result = verdicts(rules, dirty: [9000, 8000, 7000, 6000])
        #expect(result.last?.decision == .abort)
    }

    @Test(arguments: [
        (StopRules.WhenUnmet.stop, Verdict.Decision.stop), (.continue, .stop), (.abort, .abort),
    ]) func timeThatCannotBeMetEndsIt(
        whenUnmet: StopRules.WhenUnmet,
        decision: Verdict.Decision
    ) {
        let rules = StopRules(maxTimeSeconds: 1.5, whenUnmet: whenUnmet)
        let result = verdicts(rules, dirty: [9000])
        #expect(result.map(\.decision) == [decision])
        guard case .timeUnmet(1.5, let needed) = result.last?.reason else {
            Issue.record("\(String(describing: result.last))")
            return
        }
        #expect(needed > 1.9)
    }

    @Test func theFirstRoundDoesNotTellWhatResendingTakes() {
        // At the price of round 0 the remainder would not fit; it is a tenth of that.
        var policy = StopPolicy(StopRules(maxTimeSeconds: 10, whenUnmet: .abort))
        let first = policy.verdict(
            after: round(0, sent: 65536, dirty: 30000, bytesPerPage: 1000)
        )
        #expect(first.decision == .next)
        let second = policy.verdict(after: round(1, sent: 30000, dirty: 5000, bytesPerPage: 100))
        #expect(second.decision == .next)
    }

    @Test(arguments: [
        (StopRules.WhenUnmet.stop, Verdict.Decision.stop), (.continue, .stop), (.abort, .abort),
    ]) func bytesThatCannotBeMetEndIt(
        whenUnmet: StopRules.WhenUnmet,
        decision: Verdict.Decision
    ) {
        let rules = StopRules(maxByteCount: 15_000_000, whenUnmet: whenUnmet)
        let result = verdicts(rules, dirty: [9000])
        #expect(result.map(\.decision) == [decision])
        #expect(
            result.last?.reason
                == .bytesUnmet(budgetByteCount: 15_000_000, neededByteCount: 65536 * 300)
        )
    }

    @Test func bytesThatAreUsedStop() {
        let rules = StopRules(maxByteCount: 30_000_000, whenUnmet: .abort)
        let result = verdicts(rules, dirty: [9000, 8000, 7000, 6000])
        #expect(result.map(\.decision) == [.next, .next, .stop])
        #expect(
            result.last?.reason
                == .bytesUsed(budgetByteCount: 30_000_000, usedByteCount: (65536 + 17000) * 300)
        )
    }

    @Test func timeComesBeforeMinRounds() {
        let rules = StopRules(maxTimeSeconds: 2.4, minRounds: 20)
        let result = verdicts(rules, dirty: Array(repeating: 5000, count: 20))
        #expect(result.last?.decision == .stop)
        #expect(result.count < 4)
    }
}
