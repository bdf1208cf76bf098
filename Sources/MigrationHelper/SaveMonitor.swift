internal import LibxlHelper
internal import MigrationReport
internal import StopPolicy
internal import Synchronization

/// Watches a save: keeps its books, has the policy judge each round, and tells everybody.
///
/// Any thread may ask how far it is.
final class SaveMonitor: Sendable {
    private struct State {
        var ledger: RoundLedger
        var policy: StopPolicy
        var verdict: Verdict?
        var givenUpReason: String?
    }

    private let state: Mutex<State>
    private let start = ContinuousClock.now
    private let rules: StopRules
    private let reporter: Reporter
    private let channel: LibxlChannel
    private let sent: @Sendable () -> SentSoFar

    /// Starts to watch.
    ///
    /// - Parameters:
    ///   - guestPageCount: The memory of the guest.
    ///   - rules: When to stop.
    ///   - reporter: Who wants records.
    ///   - channel: Who wants log lines.
    ///   - sent: Tells what was sent until now, to any thread.
    init(
        guestPageCount: Int,
        _ rules: StopRules,
        _ reporter: Reporter,
        _ channel: LibxlChannel,
        sent: @escaping @Sendable () -> SentSoFar
    ) {
        state = Mutex(
            State(
                ledger: RoundLedger(guestPageCount: guestPageCount),
                policy: StopPolicy(rules)
            )
        )
        self.rules = rules
        self.reporter = reporter
        self.channel = channel
        self.sent = sent
    }

    /// Seconds since the save began.
    var seconds: Double { (ContinuousClock.now - start).seconds }

    /// How many rounds have begun.
    var roundCount: Int { state.withLock { $0.ledger.roundCount } }

    /// Whether the guest is paused.
    var isPaused: Bool { state.withLock { $0.ledger.isPaused } }

    /// How many pages with content were sent since the save began.
    var sentPageCount: Int { sent().pages.total }

    /// How far the save is.
    var estimate: ProgressEstimate {
        let (sent, seconds) = (sent(), seconds)
        return state.withLock { $0.ledger.estimate(sent: sent, at: seconds) }
    }

    /// Why the save was given up, if that was decided here.
    var givenUpReason: String? { state.withLock { $0.givenUpReason } }

    /// How long the guest has been paused.
    var pauseMilliseconds: Int? {
        let seconds = seconds
        return state.withLock { $0.ledger.pauseStart }.map { Int(milliseconds: seconds - $0) }
    }

    /// Notes that a round begins.
    func roundBegins(pageCount: Int) {
        let (sent, seconds) = (sent(), seconds)
        state.withLock { $0.ledger.beginRound(pageCount: pageCount, sent: sent, at: seconds) }
    }

    /// How far the save is, for those who wait for it.
    var standing: Standing {
        let (sent, seconds) = (sent(), seconds)
        return state.withLock { state in
            Standing(
                estimate: state.ledger.estimate(sent: sent, at: seconds),
                policy: state.policy,
                pendingPageCount: state.ledger.pendingPageCount
            )
        }
    }

    /// Notes that the link has taken a round, and judges it.
    ///
    /// - Parameters:
    ///   - dirtyPageCount: How many pages are dirty.
    ///   - decide: What is done in view of what the policy says, if others have a say.
    /// - Returns: What the policy says, with that decision.
    func roundEnded(
        dirtyPageCount: Int,
        deciding decide: (Verdict) -> Verdict.Decision = { $0.decision }
    ) -> Verdict {
        let (sent, seconds) = (sent(), seconds)
        var (verdict, record) = state.withLock { state in
            let (round, record) = state.ledger.endRound(
                dirtyPageCount: dirtyPageCount,
                sent: sent,
                at: seconds
            )
            return (state.policy.verdict(after: round), record)
        }
        verdict.decision = decide(verdict)
        state.withLock { [verdict] state in
            state.verdict = verdict
            if verdict.decision == .abort { state.givenUpReason = "\(verdict)" }
        }
        record.verdict = verdict.decision.rawValue
        record.reason = "\(verdict.observation.map { "\($0)" } ?? "\(verdict.reason)")"
        record.expectedPauseMilliseconds = Int(milliseconds: verdict.pauseMilliseconds / 1000)
        reporter.write(.round(record))
        let isTold =
            verdict.decision == .stop || verdict.decision == .hold || verdict.observation != nil
        channel.log(isTold ? .info : .debug, "\(verdict)")
        return verdict
    }

    /// Notes that a wait for others is over, after which a round begins or the guest is paused.
    func holdEnds(dirtyPageCount: Int, seconds: Double) {
        state.withLock { state in
            state.ledger.endHold(dirtyPageCount: dirtyPageCount, seconds: seconds)
            state.policy.roundFollows(dirtyPageCount: dirtyPageCount)
        }
    }

    /// Gives the save up, if it has begun and the guest runs.
    ///
    /// - Returns: Whether it is given up by this, which it is once at most.
    func givesUp(reason: String) -> Bool {
        state.withLock { state in
            guard state.ledger.roundCount > 0, !state.ledger.isPaused, state.givenUpReason == nil
            else { return false }
            state.givenUpReason = reason
            return true
        }
    }

    /// Whether a budget is used up in the middle of a round and the save is to be given up for that;
    /// true once at most.
    ///
    /// Other ends than giving up wait for the end of the round.
    func givesUpWithinRound() -> Bool {
        guard rules.policy == .smart, rules.whenUnmet == .abort else { return false }
        let (sent, seconds) = (sent(), seconds)
        var budgets: [String] = []
        if let maximum = rules.maxTimeSeconds, seconds > maximum { budgets.append("max-time") }
        if let maximum = rules.maxByteCount, sent.byteCount > maximum {
            budgets.append("max-bytes")
        }
        guard !budgets.isEmpty else { return false }
        let rounds = roundCount
        return givesUp(
            reason: "gave up in round \(rounds - 1): \(budgets.joined(separator: " and ")) is used "
                + "up; the guest stays at the source: raise the budget, or set when-unmet to stop "
                + "or continue"
        )
    }

    /// Notes that the guest is about to be paused.
    func pauseBegins() {
        let (sent, seconds) = (sent(), seconds)
        state.withLock { $0.ledger.beginPause(sent: sent, at: seconds) }
    }

    /// Writes how far the save is, for those who watch.
    func reportProgress() {
        guard reporter.wantsProgress else { return }
        reporter.write(
            .progress(ProgressRecord(estimate, totalMilliseconds: Int(milliseconds: seconds)))
        )
    }

    /// Notes the end of the save, which was successful unless a reason is given.
    func ended(_ status: MigrationStatus, reason: String = "") {
        let (sent, seconds) = (sent(), seconds)
        let (lastRound, end) = state.withLock { state in
            var lastRound: RoundRecord?
            if status == .completed, state.ledger.isPaused {
                var record = state.ledger.endRound(dirtyPageCount: 0, sent: sent, at: seconds)
                    .record
                record.verdict = Verdict.Decision.stop.rawValue
                record.reason = "the last round"
                lastRound = record
            }
            let reason =
                reason.isEmpty ? state.verdict.map { "\($0.reason)" } ?? "" : reason
            return (
                lastRound, state.ledger.end(status, reason: reason, sent: sent, at: seconds)
            )
        }
        if let lastRound { reporter.write(.round(lastRound)) }
        reporter.write(.end(end))
        reporter.finish()
        if status == .completed { channel.log(.info, end.summary) }
    }
}
