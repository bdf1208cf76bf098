/// Decides after each round of pre-copy whether another one is sent.
///
/// It is asked once the link has taken all that the round wrote, and "stop" must then pause the guest
/// at once: the figures are those of that moment. It looks at the budgets between rounds only; a save
/// that is to be given up when one is used up need not wait for that (`SaveMonitor`).
public struct StopPolicy: Sendable {
    private let rules: StopRules
    var history = RoundHistory()
    private var isObservationOver = false

    /// Starts before round 0.
    public init(_ rules: StopRules) {
        self.rules = rules
    }

    /// Decides what follows a round.
    public mutating func verdict(after round: Round) -> Verdict {
        history.note(round)
        switch rules.policy {
        case .smart:
            return verdict(smartDecision())
        case .stock:
            return verdict(stockDecision(round))
        case .observe:
            var verdict = verdict(stockDecision(round))
            if !isObservationOver {
                let (decision, reason) = smartDecision()
                verdict.observation = .init(decision: decision, reason: reason)
                isObservationOver = decision != .next
            }
            return verdict
        }
    }

    private func smartDecision() -> (Verdict.Decision, Reason) {
        Budgets(rules).decision(SmartStop.wish(history), history)
    }

    private func stockDecision(_ round: Round) -> (Verdict.Decision, Reason) {
        (StockRule.stops(after: round) ? .stop : .next, .stockRule)
    }

    private func verdict(_ decision: (Verdict.Decision, Reason)) -> Verdict {
        let round = history.rounds.last
        return Verdict(
            decision: decision.0,
            reason: decision.1,
            roundNumber: round?.number ?? 0,
            pendingPageCount: round?.dirtyPageCount ?? 0,
            pendingByteCount: Figures.whole(history.pendingByteCount),
            pauseMilliseconds: history.pauseSeconds * 1000
        )
    }
}
