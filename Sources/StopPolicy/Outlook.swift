/// What a save expects of itself, for others that wait for it.
public struct Outlook: Equatable, Sendable {
    /// How long the rounds after the current one take until the policy would stop.
    public var secondsAfterRound: Double
    /// How long the guest would be paused if the save stopped after the current round.
    public var pauseMilliseconds: Double
}

/// What it takes to send pages that are dirty.
public struct Remainder: Equatable, Sendable {
    /// What our stream takes.
    public var byteCount: Int
    /// How long the guest is paused for it.
    public var pauseMilliseconds: Double
    /// How fast our stream leaves; nothing if no round has shown it.
    public var bytesPerSecond: Double?
}

extension StopPolicy {
    /// What so many dirty pages would take now.
    public func remainder(dirtyPageCount: Int) -> Remainder {
        let cost = history.cost
        return Remainder(
            byteCount: Figures.whole(cost.byteCount(pageCount: Double(dirtyPageCount))),
            pauseMilliseconds: cost.seconds(pageCount: Double(dirtyPageCount)) * 1000,
            bytesPerSecond: cost.bytesPerSecond.isFinite ? cost.bytesPerSecond : nil
        )
    }

    /// How it is expected to go on, while the round after the latest is sent.
    ///
    /// The policy is asked about rounds that come as the last ones lead to expect: while each leaves
    /// less than it sends, in that proportion; after that, as much as it sends.
    ///
    /// - Returns: Nothing in round 0, which tells nothing of what is written again.
    public func outlook() -> Outlook? {
        guard var round = history.rounds.last else { return nil }
        var trial = self
        var outlook: Outlook?
        var seconds = 0.0
        // The policy ends it sooner, unless it has to wait for a pause that never fits.
        for _ in 0..<SmartStop.roundCountMaximum {
            round = trial.history.expectedRound(after: round)
            let verdict = trial.verdict(after: round)
            if outlook == nil {
                outlook = Outlook(
                    secondsAfterRound: 0,
                    pauseMilliseconds: verdict.pauseMilliseconds
                )
            } else {
                seconds += round.seconds
            }
            if verdict.decision != .next { break }
        }
        outlook?.secondsAfterRound = seconds
        return outlook
    }

    /// Notes how much is dirty when a round begins at last, after a wait that the policy knows
    /// nothing of.
    public mutating func roundFollows(dirtyPageCount: Int) {
        history.expect(dirtyPageCount: dirtyPageCount)
    }
}

extension RoundHistory {
    /// The round that is expected after another one.
    fileprivate func expectedRound(after last: Round) -> Round {
        let pageCount = Double(last.dirtyPageCount)
        let shrinkage =
            crossoverNumber == nil ? pageCount / max(Double(last.sentPageCount), 1) : 1
        let unchangedShare = Double(last.unchangedPageCount) / last.contentPageCount
        return Round(
            number: last.number + 1,
            sentPageCount: last.dirtyPageCount,
            dirtyPageCount: Figures.whole(pageCount * shrinkage),
            encodedByteCount: Figures.whole(cost.byteCount(pageCount: pageCount)),
            stockByteCount: Figures.whole(pageCount * 4104),
            unchangedPageCount: Figures.whole(pageCount * min(unchangedShare, 1)),
            seconds: cost.seconds(pageCount: pageCount)
        )
    }
}
