internal import Configuration
internal import Coordination
internal import CoordinatorClient
internal import Glibc
internal import LibxlHelper
internal import MigrationReport
internal import MigrationStream
internal import StopPolicy
internal import Synchronization

/// A save's part in the group of its application: what the coordinator says is done, and what is done
/// the coordinator is told.
final class GroupMembership: Sendable {
    private let member: GroupMember
    private let rules: Mutex<MemberRules>
    private let monitor: SaveMonitor
    private let channel: LibxlChannel
    /// What the coordinator may make smaller; nothing if this stream has no limit.
    private let limit: BandwidthLimit?
    private let mainThread: Semaphore
    private let news: News

    /// Less would not be a limit but an end; no operator can set less either.
    private static let bytesPerSecondMinimum = 64_000
    /// How often a held save looks how much is dirty.
    private static let holdTickMilliseconds: UInt32 = 200

    /// Takes news from the connection, which starts before there is a membership to hear them.
    private final class News: Sendable {
        private let listener = Mutex<(@Sendable () -> Void)?>(nil)

        func set(_ newListener: @escaping @Sendable () -> Void) {
            listener.withLock { $0 = newListener }
        }

        func come() {
            let listener = listener.withLock { $0 }
            listener?()
        }
    }

    /// Starts to connect.
    ///
    /// - Parameters:
    ///   - join: Who this is.
    ///   - settings: Where the coordinator is, and what to do without it.
    ///   - monitor: Who knows how far the save is.
    ///   - limit: How fast the stream may go out, if that can be limited.
    ///   - channel: Who wants log lines and progress.
    ///   - mainThread: Woken by each decision.
    /// - Throws: `MutualTLSError`, if the files for TLS are of no use.
    init(
        _ join: Join,
        _ settings: Settings,
        _ monitor: SaveMonitor,
        _ limit: BandwidthLimit?,
        _ channel: LibxlChannel,
        waking mainThread: Semaphore
    ) throws {
        let news = News()
        self.news = news
        self.monitor = monitor
        self.limit = limit
        self.channel = channel
        self.mainThread = mainThread
        rules = Mutex(
            MemberRules(
                deadlineSeconds: settings.coordinatorDeadline.seconds,
                lost: settings.coordinatorLost
            )
        )
        let observer = GroupMember.Observer(
            log: { isWarning, text in channel.log(isWarning ? .warning : .info, text) },
            decided: { _ in news.come() }
        )
        member = try BackgroundThread.withoutSignals {
            try GroupMember(
                join,
                at: settings.coordinator,
                tls: settings.coordinatorTLS,
                observer: observer
            )
        }
        news.set { [weak self] in self?.look() }
    }

    // MARK: What any thread may ask for

    /// Once a second: tells how far the save is, and sees whether the coordinator is missed for too
    /// long.
    func beat() {
        let (isHeld, isClosing) = rules.withLock { ($0.state.isHeld, $0.isClosing) }
        if !isHeld { member.report(Progress(monitor.standing, isClosing: isClosing)) }
        look()
    }

    /// Sees what is new, and does what follows.
    private func look() {
        let step = rules.withLock { rules -> MemberRules.Step? in
            let before = rules.state
            let step = rules.look(
                at: MemberRules.Contact(
                    decision: member.decision,
                    silentSeconds: member.silentSeconds,
                    hasJoined: member.hasJoined
                )
            )
            if case .follow(let decision) = step { follow(decision) }
            // In the lock, so that changes are told in their order.
            if rules.state != before { member.change(to: rules.state) }
            return step
        }
        switch step {
        case .follow: mainThread.post()
        case .goAlone(let reason):
            limit?.share = nil
            channel.log(.warning, "\(reason); this save goes on alone")
            mainThread.post()
        case .giveUp(let reason):
            giveUpReason.withLock { $0 = reason }
        case nil: break
        }
        giveUpIfTold()
    }

    private func follow(_ decision: Decision) {
        member.follows(decision)
        let share = decision.bandwidthLimit.map { Double(max($0, Self.bytesPerSecondMinimum)) }
        limit?.share = share
        let action = decision.action.rawValue
        let isNew = toldAction.withLock { told in
            defer { told = action }
            return told != action
        }
        let rate = share.map { ", at most \(Int($0)) bytes per second" } ?? ""
        channel.log(
            isNew ? .info : .debug,
            "the coordinator says \(action)\(rate): \(decision.reason)"
        )
    }

    private let toldAction = Mutex("")
    private let giveUpReason = Mutex<String?>(nil)

    /// What libxl does to cancel a save: libxenguest runs its error path.
    private func giveUpIfTold() {
        guard let reason = giveUpReason.withLock({ $0 }) else { return }
        if monitor.givesUp(reason: "\(reason); the guest stays on this host") {
            kill(getpid(), SIGTERM)
        }
    }

    // MARK: What the main thread asks for

    /// Tells that a round begins, unless the save is to be given up before it.
    func roundBegins() {
        beat()
    }

    /// What to do after a round that the save's own policy has judged.
    func decision(after verdict: Verdict) -> Verdict.Decision {
        look()
        return rules.withLock { rules in
            let before = rules.state
            let decision = rules.decision(after: verdict)
            if rules.state != before { member.change(to: rules.state, reason: "\(verdict.reason)") }
            return decision
        }
    }

    /// Waits with the pause, while the guest runs and nothing is sent, until something else is to be
    /// done.
    ///
    /// - Parameters:
    ///   - verdict: What the own policy said.
    ///   - isInVain: Whether there is nothing to wait for any more.
    ///   - dirtyPageCount: Counts the pages that are dirty now; nothing if that failed.
    /// - Returns: What is to be done; `abort` if it was in vain.
    func hold(
        _ verdict: Verdict,
        isInVain: () -> Bool,
        dirtyPageCount: () -> Int?
    ) -> Verdict.Decision {
        let start = ContinuousClock.now
        var dirty = verdict.pendingPageCount
        var toldSeconds = -1
        defer {
            monitor.holdEnds(dirtyPageCount: dirty, seconds: (ContinuousClock.now - start).seconds)
        }
        while !isInVain() {
            dirty = dirtyPageCount() ?? dirty
            member.report(Progress(held: monitor.standing, dirtyPageCount: dirty))
            look()
            let decision = rules.withLock {
                $0.decision(whileHeld: verdict, dirtyPageCount: dirty)
            }
            if let decision { return decision }
            let seconds = Int((ContinuousClock.now - start).seconds)
            if seconds > toldSeconds {
                toldSeconds = seconds
                tellWait()
            }
            mainThread.wait(milliseconds: Self.holdTickMilliseconds)
        }
        return .abort
    }

    private func tellWait() {
        let rest = member.decision?.secondsToStop.map { ", about \(Int($0)) s" } ?? ""
        let text = "waiting for the application's other domains\(rest)"
        channel.send(.progress(source: "cloudnet-save", doing: text, done: 0, total: 1))
    }

    /// Why the save stopped, if that was the group's decision.
    var stopReason: String? { rules.withLock { $0.stopReason } }

    /// Notes that the guest is about to be paused: what others may use of the link counts no more.
    func pauseBegins() {
        limit?.share = nil
    }

    /// Tells what has become of the save.
    func becomes(_ state: MemberState, reason: String = "") {
        member.change(to: state, reason: reason)
    }

    /// Ends the connection, once all has been told; waits for that only while the guest runs here.
    func leave() {
        let isPaused = monitor.isPaused
        member.close(waitingAtMost: isPaused ? 0.1 : 1, reconnecting: !isPaused)
    }
}

extension Settings {
    /// The files for TLS, all or none.
    fileprivate var coordinatorTLS: MutualTLS? {
        guard let coordinatorAuthorityPath, let coordinatorCertificatePath, let coordinatorKeyPath
        else { return nil }
        return MutualTLS(
            authorityPath: coordinatorAuthorityPath,
            certificatePath: coordinatorCertificatePath,
            keyPath: coordinatorKeyPath
        )
    }
}
