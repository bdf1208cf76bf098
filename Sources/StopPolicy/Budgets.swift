/// What an operator's budgets make of Smart Stop's wish.
///
/// The pause comes first: while it does not fit, rounds go on as long as there is a chance. A pause
/// that fits is taken, unless the next round is worth it and shortens it by a quarter: a budget is
/// a limit, not a goal. Time and bytes come last, and end everything. All three are compared with
/// what a pause may take (`RoundHistory.surprise`), not with what it is expected to take.
struct Budgets {
    private let rules: StopRules

    /// A pause that fits is shortened further only if a round cuts it by this share.
    private static let gainShareIfFits = 0.25

    /// So many rounds after the crossover are looked at before the pause is called unmet.
    private static let evidenceRoundCount = 3

    /// If the remainder has grown so often in a row, it is called unmet too; in a guest that writes
    /// evenly chance would do that once in 720 rounds.
    private static let growthRoundCount = 5

    /// From this round on a local minimum is taken even if it does not fit, where `whenUnmet` says
    /// stop.
    private static let latePatienceRoundNumber = 20

    /// Rules of which only the budgets, `whenUnmet` and `minRounds` count.
    init(_ rules: StopRules) {
        self.rules = rules
    }

    /// What to do after the latest round.
    func decision(
        _ wish: SmartStop.Wish,
        _ history: RoundHistory
    ) -> (Verdict.Decision, Reason) {
        let decision = decisionForRounds(decisionForPause(wish, history), history)
        return decisionForTime(history, decision)
            ?? decisionForBytes(history, decision)
            ?? decision
    }

    // MARK: Pause

    private func decisionForPause(
        _ wish: SmartStop.Wish,
        _ history: RoundHistory
    ) -> (Verdict.Decision, Reason) {
        guard let budget = rules.maxPauseMilliseconds else {
            return switch wish {
            case .next(let reason): (.next, reason)
            case .stop(let reason): (.stop, reason)
            }
        }
        if fits(history) {
            switch wish {
            case .stop(let reason):
                return (.stop, reason)
            case .next(let reason):
                return isMuchShorterSoon(history)
                    ? (.next, reason) : (.stop, .pauseFits(budgetMilliseconds: budget))
            }
        }
        if case .next(let reason) = wish { return (.next, reason) }
        if isPossible(history), !isGoodEnoughToGiveUp(history) {
            return (.next, .pauseTooLong(budgetMilliseconds: budget))
        }
        let best = history.pauses.suffix(SmartStop.windowRoundCount + 1).min() ?? 0
        let unmet = Reason.pauseUnmet(budgetMilliseconds: budget, bestMilliseconds: best * 1000)
        return switch rules.whenUnmet {
        case .stop: (.stop, unmet)
        case .abort: (.abort, unmet)
        case .continue: (.next, .pauseTooLong(budgetMilliseconds: budget))
        }
    }

    private func fits(_ history: RoundHistory) -> Bool {
        guard let budget = rules.maxPauseMilliseconds else { return true }
        return history.safePauseSeconds * 1000 <= budget
    }

    private func isMuchShorterSoon(_ history: RoundHistory) -> Bool {
        guard let round = history.rounds.last, history.crossoverNumber == nil else { return false }
        return Forecast(history, round).gainShare >= Self.gainShareIfFits
    }

    /// Whether a later pause may fit, as far as the remainders so far tell.
    ///
    /// It may while they have not settled, and while one as far below the smallest as the smallest is
    /// below the largest would fit: a guest that writes in bursts shows its quiet times some day.
    private func isPossible(_ history: RoundHistory) -> Bool {
        guard let budget = rules.maxPauseMilliseconds, let round = history.rounds.last,
            round.number + 1 < SmartStop.roundCountMaximum,
            history.risesInARow < Self.growthRoundCount
        else { return false }
        guard let crossover = history.crossoverNumber,
            round.number >= crossover + Self.evidenceRoundCount
        else { return true }
        let pauses = history.pauses
        guard let smallest = pauses.min(), let largest = pauses.max(), largest > 0 else {
            return true
        }
        return smallest * (smallest / largest) * history.surprise * 1000 <= budget
    }

    /// Whether it would be a pity to go on until the limit of rounds, which may fall into a burst.
    private func isGoodEnoughToGiveUp(_ history: RoundHistory) -> Bool {
        guard let round = history.rounds.last, round.number >= Self.latePatienceRoundNumber,
            rules.whenUnmet == .stop
        else { return false }
        return Forecast(history, round).isSmallest
    }

    // MARK: Rounds

    private func decisionForRounds(
        _ decision: (Verdict.Decision, Reason),
        _ history: RoundHistory
    ) -> (Verdict.Decision, Reason) {
        guard decision.0 == .stop, let round = history.rounds.last,
            round.number + 1 < rules.minRounds
        else { return decision }
        return (.next, .tooFewRounds(minimum: rules.minRounds))
    }

    // MARK: Time and bytes

    private func decisionForTime(
        _ history: RoundHistory,
        _ decision: (Verdict.Decision, Reason)
    ) -> (Verdict.Decision, Reason)? {
        guard let budget = rules.maxTimeSeconds else { return nil }
        let used = history.seconds
        let pause = history.hasResent ? history.safePauseSeconds : 0
        if used + pause > budget {
            return end(
                .timeUnmet(budgetSeconds: budget, neededSeconds: used + pause),
                mayAbort: true
            )
        }
        // Another round takes what a pause would take, and leaves as much again, as far as one can
        // be sure.
        guard decision.0 == .next, used + 2 * pause > budget else { return nil }
        return end(.timeUsed(budgetSeconds: budget, usedSeconds: used), mayAbort: !fits(history))
    }

    private func decisionForBytes(
        _ history: RoundHistory,
        _ decision: (Verdict.Decision, Reason)
    ) -> (Verdict.Decision, Reason)? {
        guard let budget = rules.maxByteCount else { return nil }
        let used = history.encodedByteCount
        let pending = history.hasResent ? history.pendingByteCount * history.surprise : 0
        if used + pending > Double(budget) {
            return end(
                .bytesUnmet(
                    budgetByteCount: budget,
                    neededByteCount: Figures.whole(used + pending)
                ),
                mayAbort: true
            )
        }
        guard decision.0 == .next, used + 2 * pending > Double(budget) else { return nil }
        return end(
            .bytesUsed(budgetByteCount: budget, usedByteCount: Figures.whole(used)),
            mayAbort: !fits(history)
        )
    }

    /// The end: no later one is better for the budget.
    ///
    /// With `continue` too: it goes on for the sake of the pause, and this is what ends that.
    private func end(_ reason: Reason, mayAbort: Bool) -> (Verdict.Decision, Reason) {
        (mayAbort && rules.whenUnmet == .abort ? .abort : .stop, reason)
    }
}
