/// A member of a group, as the coordinator knows it.
struct Member: Sendable {
    /// What outlives the coordinator.
    var record: MemberRecord
    /// Where to reach it; none while it is lost.
    var connection: ConnectionID?
    /// Since when it is lost.
    var lostAt: Double?
    /// When it last said anything.
    var heardAt: Double
    /// When it last said how far it is.
    var progressAt: Double?
    /// When it was ready for the first time.
    var firstReadyAt: Double?
    /// Whether it has said how long the pause would be since it was ready for the last time.
    var hasToldPause = false
    /// The pause that closing rounds can be expected to come down to.
    var targetPauseSeconds: Double?
    /// When it was told to send a closing round, and how long that takes.
    var closingRound: (begin: Double, seconds: Double)?
    /// How long the last one was expected to take.
    var lastClosingSeconds: Double?
    /// How much of what it sent was dirty again after it.
    var rewrittenShare = 0.5
    /// What a pause would have taken when it was ready for the first time.
    var firstRemainingByteCount: Double?
    /// When its bandwidth was last looked at.
    var sharedAt: Double?

    /// A member that is there.
    init(_ join: Join, on connection: ConnectionID, at now: Moment) {
        record = MemberRecord(join)
        self.connection = connection
        heardAt = now.seconds
        if record.state.isHeld { beReady(at: now) }
    }

    /// A member that the coordinator knew before it was restarted.
    init(_ record: MemberRecord, at now: Moment) {
        self.record = record
        heardAt = now.seconds
        lostAt = now.seconds
        if record.state.isHeld || record.isClosing { firstReadyAt = now.seconds }
    }

    /// How it is called in logs.
    var name: String { record.join.domain }

    /// Between rounds, and not about to begin one.
    var isHeld: Bool { record.state.isHeld && !record.isClosing }

    /// It pauses its guest, has paused it, or has moved it.
    var hasStopped: Bool { !record.state.isBeforeStop && record.state != .failed }

    /// Whether it is connected, and has spoken lately enough to be told to stop.
    func isPresent(at now: Moment) -> Bool {
        connection != nil && now.seconds - heardAt <= 2 * CoordinatorProtocol.heartbeatSeconds
    }

    /// It has come to the end of a round, and is held.
    mutating func beReady(at now: Moment) {
        record.state = .ready
        record.isClosing = false
        closingRound = nil
        if firstReadyAt == nil { firstReadyAt = now.seconds }
        hasToldPause = false
    }

    /// It has not seen that it was told to send a closing round.
    mutating func forgetClosingRound() {
        record.isClosing = false
        record.closingRoundCount -= 1
        closingRound = nil
    }

    /// It is told to send a closing round.
    mutating func beginClosingRound(at now: Moment) {
        record.isClosing = true
        record.closingRoundCount += 1
        let byteCount = Double(record.closingByteCount) + Double(record.progress.remainingByteCount)
        record.closingByteCount = Int(min(byteCount, Double(MessageLimits.numberMaximum)))
        closingRound = (now.seconds, pauseSeconds)
        lastClosingSeconds = pauseSeconds
    }

    /// It says how far it is.
    mutating func note(_ progress: Progress, at now: Moment) {
        record.progress = progress
        progressAt = now.seconds
        guard isHeld, !hasToldPause else { return }
        hasToldPause = true
        if firstRemainingByteCount == nil {
            firstRemainingByteCount = Double(progress.remainingByteCount)
        }
        if let lastClosingSeconds, lastClosingSeconds > 0 {
            rewrittenShare = min(1, pauseSeconds / lastClosingSeconds)
        }
        // A round that has hardly made the pause shorter shows that it gets no better.
        targetPauseSeconds =
            rewrittenShare <= Self.helpfulShare
            ? min(targetPauseSeconds ?? pauseSeconds, pauseSeconds) : pauseSeconds
    }

    private static let helpfulShare = 0.7

    // MARK: What it said, as numbers to reckon with

    /// How long its guest would be paused now.
    var pauseSeconds: Double { Double(record.progress.pauseMilliseconds) / 1000 }

    /// What it has sent and will send.
    var totalByteCount: Double {
        Double(record.progress.transferredByteCount) + Double(record.progress.remainingByteCount)
    }

    /// What it will have sent because it did not stop when it was ready first, if it stops now.
    var extraByteCount: Double {
        guard let firstRemainingByteCount else { return 0 }
        let remaining = isHeld ? Double(record.progress.remainingByteCount) : 0
        return Double(record.closingByteCount) + remaining - firstRemainingByteCount
    }

    /// When it is between rounds again, in seconds from now, if that is known.
    func secondsToBoundary(at now: Moment) -> Double? {
        if isHeld { return 0 }
        if record.isClosing {
            return closingRound.map { max(0, $0.begin + $0.seconds - now.seconds) }
        }
        guard let progressAt else { return nil }
        return record.progress.secondsToReady.map { max(0, $0 - (now.seconds - progressAt)) }
    }

    /// The same; if it is not known, the time that the round takes.
    func leastSecondsToBoundary(at now: Moment) -> Double? {
        if let seconds = secondsToBoundary(at: now) { return seconds }
        guard let progressAt, record.progress.bytesPerSecond > 0 else { return nil }
        let seconds =
            Double(record.progress.remainingByteCount) / Double(record.progress.bytesPerSecond)
        return max(0, seconds - (now.seconds - progressAt))
    }

    /// What the planning of closing rounds needs to know.
    func figures(at now: Moment) -> ClosingRounds.Figures {
        ClosingRounds.Figures(
            secondsToBoundary: connection == nil ? nil : secondsToBoundary(at: now),
            isHeld: isHeld && connection != nil,
            pauseSeconds: pauseSeconds,
            targetPauseSeconds: targetPauseSeconds ?? pauseSeconds,
            extraByteCount: Double(record.progress.remainingByteCount) * rewrittenShare,
            closingRoundCount: record.closingRoundCount
        )
    }
}
