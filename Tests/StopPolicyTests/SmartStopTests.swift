import Testing

@testable import StopPolicy

@Suite struct SmartStopTests {
    @Test func stockSendsFiveRounds() {
        let result = verdicts(
            StopRules(policy: .stock),
            dirty: [9000, 8000, 7000, 6000, 5000, 4000]
        )
        #expect(result.map(\.decision) == [.next, .next, .next, .next, .stop])
        #expect(result.last?.reason == .stockRule)
    }

    @Test func stockSendsFewPagesLiveBeforeItStops() {
        let result = verdicts(StopRules(policy: .stock), dirty: [9000, 50, 49, 70, 80])
        #expect(result.map(\.decision) == [.next, .next, .next, .stop])
    }

    @Test func stockKnowsNoBudgets() {
        let rules = StopRules(
            policy: .stock,
            maxPauseMilliseconds: 1,
            maxTimeSeconds: 0.001,
            maxByteCount: 1,
            whenUnmet: .abort,
            minRounds: 9
        )
        let result = verdicts(rules, dirty: [9000, 8000, 7000, 6000, 5000])
        #expect(result.map(\.decision) == [.next, .next, .next, .next, .stop])
    }

    @Test(arguments: [0, 1, 49]) func anIdleGuestStopsAtOnce(dirty: Int) {
        let result = verdicts(StopRules(), dirty: [dirty])
        #expect(result.map(\.decision) == [.stop])
        #expect(result.last?.reason == .fewPages)
    }

    @Test func fiftyPagesAreNotFew() {
        #expect(verdicts(StopRules(), dirty: [50]).map(\.decision) == [.next])
    }

    @Test func theFirstRoundDecidesNothing() {
        let result = verdicts(StopRules(), dirty: [65536])
        #expect(result.map(\.reason) == [.firstPass])
    }

    @Test func dearRoundsWithoutGainAreNotSent() {
        // Each takes 0.9 s, after 2 s: stock would send four of them.
        let result = verdicts(StopRules(), dirty: [30000, 30000, 30000])
        #expect(result.map(\.decision) == [.next, .stop])
        #expect(result.last?.reason == .noGain)
    }

    @Test func whatASingleRoundTookIsNotTakenForTheLeast() {
        // Nearly all of its pages had not changed: hardly any bytes, but time for each page.
        var policy = StopPolicy(StopRules())
        let rounds = [
            round(0, sent: 80_000, dirty: 4700, bytes: 47_000_000, seconds: 0.7),
            round(1, sent: 4700, dirty: 500, bytes: 200_000, unchanged: 4000, seconds: 0.021),
            round(2, sent: 500, dirty: 120, bytes: 25_000, unchanged: 400, seconds: 0.005),
            round(3, sent: 120, dirty: 110, bytes: 15_000, unchanged: 30, seconds: 0.005),
        ]
        let result = rounds.map { policy.verdict(after: $0) }
        #expect(result.map(\.decision) == [.next, .next, .stop, .stop])
        #expect(result[2].reason == .noGain)
    }

    @Test func cheapRoundsAreSentAsLongAsStockSendsThem() {
        let result = verdicts(StopRules(), dirty: [2000, 2000, 2000, 2000, 2000, 2000])
        #expect(result.map(\.decision) == [.next, .next, .next, .next, .stop])
    }

    @Test func aSteadyGuestIsNotSentThirtyTimes() {
        for dirty in [100, 1000, 5000, 20000, 60000] {
            let result = verdicts(StopRules(), dirty: Array(repeating: dirty, count: 40))
            #expect(result.last?.decision == .stop)
            #expect(result.count <= 5, "\(dirty) pages")
        }
    }

    @Test func whileRoundsLeaveMuchLessTheyGoOnBeyondStock() {
        // Stock stops at 700 pages. Each further round costs less than a hundredth of the time.
        let result = verdicts(StopRules(), dirty: [9000, 5000, 2500, 1300, 700, 350, 180, 90, 45])
        #expect(result.count == 9)
        #expect(result.last?.reason == .fewPages)
    }

    @Test func aBurstIsWaitedOut() {
        let dirty = [6000, 800, 820, 790, 1600, 810, 700]
        let result = verdicts(StopRules(), dirty: dirty)
        #expect(result.map(\.decision) == [.next, .next, .next, .next, .next, .stop])
        #expect(result[4].reason == .searching)
    }

    @Test func aLocalMinimumIsTaken() {
        let dirty = [6000, 800, 820, 790, 1600, 400, 700]
        let result = verdicts(StopRules(), dirty: dirty)
        #expect(result.count == 6)
        #expect(result.last?.reason == .localMinimum)
    }

    @Test func roundsBeyondStockMayTakeAFewHundredthsOfTheTime() {
        // After stock's five rounds, 2.9 s. A round of 8000 pages takes 0.24 s.
        let result = verdicts(StopRules(), dirty: [9000, 4000, 6000, 4000, 8000, 4000])
        #expect(result.count == 5)
        #expect(result.last?.reason == .longEnough)
    }

    @Test func aGrowingGuestIsNotWaitedFor() {
        let dirty = (0..<30).map { 6000 + 900 * $0 * $0 }
        let result = verdicts(StopRules(), dirty: dirty)
        #expect(result.last?.decision == .stop)
        #expect(result.count <= 5)
    }

    @Test func thirtyRoundsAreTheLimit() {
        // So cheap that nothing else stops it; always a little less.
        var policy = StopPolicy(StopRules())
        var (sent, count) = (1_000_000_000, 0)
        var verdict: Verdict
        repeat {
            let dirty = count == 0 ? 1_000_000 : sent * 7 / 10
            verdict = policy.verdict(after: round(count, sent: sent, dirty: dirty))
            sent = dirty
            count += 1
        } while verdict.decision == .next && count < 40
        #expect(count <= 30)
        #expect(verdict.decision == .stop)
    }

    @Test func observeFollowsStockAndTellsWhatItWouldDo() {
        let dirty = [30000, 30000, 30000, 30000, 30000]
        let result = verdicts(StopRules(policy: .observe), dirty: dirty)
        #expect(result.map(\.decision) == [.next, .next, .next, .next, .stop])
        #expect(result.map { $0.observation?.decision } == [.next, .stop, nil, nil, nil])
        #expect(
            result[1].description.hasSuffix("(smart would stop here: more rounds would not help)")
        )
    }

    @Test func minRoundsAreSent() {
        let result = verdicts(StopRules(minRounds: 3), dirty: [10, 10, 10, 10])
        #expect(result.map(\.decision) == [.next, .next, .stop])
        #expect(result[0].reason == .tooFewRounds(minimum: 3))
    }

    @Test func anOperatorReadsOneLine() {
        let verdict = Verdict(
            decision: .stop,
            reason: .noGain,
            roundNumber: 7,
            pendingPageCount: 1830,
            pendingByteCount: 2_100_000,
            pauseMilliseconds: 170
        )
        #expect(
            verdict.description
                == "stopped after round 7: about 1,830 pages, 2.1 MB, 170 ms pause; "
                + "more rounds would not help"
        )
    }

    @Test func anOperatorReadsWhatToDoAboutAnAbort() {
        let verdict = Verdict(
            decision: .abort,
            reason: .pauseUnmet(budgetMilliseconds: 300, bestMilliseconds: 1234),
            roundNumber: 12,
            pendingPageCount: 1_234_567,
            pendingByteCount: 999,
            pauseMilliseconds: 2345
        )
        #expect(
            verdict.description
                == "gave up after round 12: about 1,234,567 pages, 999 bytes, 2.3 s pause; "
                + "max-pause, 300 ms, cannot be met: the best was 1.2 s; the guest stays at the "
                + "source: raise the budget, or set when-unmet to stop or continue"
        )
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
    ]) func thousandsAreApart(count: Int, text: String) {
        #expect(Figures.count(count) == text)
    }

    @Test func nothingTrapsOnAbsurdFigures() {
        let counts = [0, 1, -1, 50, Int.max, Int.min]
        let times = [0, -1, 1e-300, 1e300, .infinity, -.infinity, .nan]
        for whenUnmet in StopRules.WhenUnmet.allCases {
            for sent in counts {
                for dirty in counts {
                    for bytes in counts {
                        var policy = StopPolicy(
                            StopRules(
                                maxPauseMilliseconds: 300,
                                maxTimeSeconds: 10,
                                maxByteCount: 1000,
                                whenUnmet: whenUnmet,
                                minRounds: 3
                            )
                        )
                        for (number, seconds) in times.enumerated() {
                            let verdict = policy.verdict(
                                after: Round(
                                    number: number,
                                    sentPageCount: sent,
                                    dirtyPageCount: dirty,
                                    encodedByteCount: bytes,
                                    stockByteCount: bytes,
                                    unchangedPageCount: dirty,
                                    seconds: seconds
                                )
                            )
                            #expect(!verdict.description.isEmpty)
                        }
                    }
                }
            }
        }
    }
}
