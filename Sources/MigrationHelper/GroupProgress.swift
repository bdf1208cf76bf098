internal import Coordination
internal import MigrationReport
internal import StopPolicy

/// How far a save is, as its own books and its policy know it.
struct Standing {
    /// The current round.
    let estimate: ProgressEstimate
    /// What the rounds before it have taught.
    let policy: StopPolicy
    /// Pages that the last round left dirty.
    let pendingPageCount: Int
}

extension Progress {
    /// What a save that sends a round tells.
    ///
    /// - Parameters:
    ///   - standing: How far it is.
    ///   - isClosing: Whether it is ready after this round, whatever the policy says.
    init(_ standing: Standing, isClosing: Bool) {
        let estimate = standing.estimate
        self.init()
        take(estimate)
        dirtyPageCount = standing.pendingPageCount
        remainingPageCount = estimate.roundPageCount - estimate.sentPageCount
        let rest = standing.policy.remainder(dirtyPageCount: remainingPageCount)
        if let seconds = estimate.roundRemainingSeconds {
            remainingByteCount = Self.whole(seconds * estimate.bytesPerSecond)
        } else {
            remainingByteCount = remainingPageCount * Measures.pageByteCount
        }
        guard let outlook = standing.policy.outlook() else { return }
        pauseMilliseconds = Self.whole(outlook.pauseMilliseconds)
        let roundSeconds = estimate.roundRemainingSeconds ?? rest.pauseMilliseconds / 1000
        secondsToReady = roundSeconds + (isClosing ? 0 : outlook.secondsAfterRound)
    }

    /// What a save that is held tells.
    ///
    /// - Parameters:
    ///   - standing: How far it is.
    ///   - dirtyPageCount: How many pages are dirty now.
    init(held standing: Standing, dirtyPageCount: Int) {
        self.init()
        take(standing.estimate)
        self.dirtyPageCount = dirtyPageCount
        remainingPageCount = dirtyPageCount
        let rest = standing.policy.remainder(dirtyPageCount: dirtyPageCount)
        remainingByteCount = rest.byteCount
        bytesPerSecond = Self.whole(rest.bytesPerSecond ?? 0)
        pauseMilliseconds = Self.whole(rest.pauseMilliseconds)
        secondsToReady = 0
    }

    private mutating func take(_ estimate: ProgressEstimate) {
        round = estimate.round - 1
        sentPageCount = estimate.sentPageCount
        transferredByteCount = estimate.transferredByteCount
        bytesPerSecond = Self.whole(estimate.bytesPerSecond)
    }

    private static func whole(_ value: Double) -> Int {
        Int(exactly: value.rounded()) ?? 0
    }
}
