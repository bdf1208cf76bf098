public import Coordination
internal import Dispatch
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A save's connection to the coordinator: it comes back when it breaks, and keeps the newest
/// decision.
///
/// No method waits for the network, but for `close`. Any thread may call them.
public final class GroupMember: Sendable {
    /// Who is told what happens, from a thread of the member's own; it must not wait for long.
    public struct Observer: Sendable {
        /// A line for the log; with a warning, something is wrong.
        public var log: @Sendable (_ isWarning: Bool, _ text: String) -> Void
        /// There is a new decision.
        public var decided: @Sendable (Decision) -> Void

        /// Names them.
        public init(
            log: @escaping @Sendable (_ isWarning: Bool, _ text: String) -> Void,
            decided: @escaping @Sendable (Decision) -> Void
        ) {
            self.log = log
            self.decided = decided
        }
    }

    private struct State {
        var join: Join
        /// What the save does at present, which each new connection begins with.
        var change: StateChange
        var progress: Progress?
        var decision: Decision?

        /// The connection, from its start to its end.
        var channel: (any Channel)?
        var isWelcome = false
        var hasBeenWelcome = false
        var failedAttempts = 0
        /// When the coordinator last said something that counts; at first, when we began to ask.
        var contactTime = NIODeadline.now()
        /// When this connection began.
        var startTime = NIODeadline.now()
        /// When it last said anything on this connection, or the connection began.
        var soundTime = NIODeadline.now()
        var sayTime = NIODeadline.now()
        /// What the log was told of the present trouble.
        var toldTroubles: Set<String> = []
        /// Whether all is said but for what waits.
        var isClosing = false
        /// Whether nothing happens any more.
        var isOver = false
    }

    private let dialer: Dialer
    private let observer: Observer
    private let loops: MultiThreadedEventLoopGroup
    private let state: Mutex<State>
    private let isFlushed = DispatchSemaphore(value: 0)

    private static let firstDelaySeconds = 0.2
    private static let delaySecondsMaximum = 2.0
    /// After so many lines about one trouble, the log has enough of it.
    private static let toldTroublesMaximum = 4

    /// Starts to connect, on a thread of its own.
    ///
    /// The thread takes the signals that this one takes: who minds blocks them meanwhile.
    ///
    /// - Parameters:
    ///   - join: Who this is.
    ///   - address: Where the coordinator is.
    ///   - tls: What a TCP connection is protected with, if it is.
    ///   - observer: Who is told.
    /// - Throws: `MutualTLSError`, if its files are of no use.
    public init(
        _ join: Join,
        at address: CoordinatorAddress,
        tls: MutualTLS?,
        observer: Observer
    ) throws {
        dialer = try Dialer(address, tls)
        self.observer = observer
        state = Mutex(State(join: join, change: StateChange(join.state)))
        loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop.execute { self.dial() }
        loop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { [weak self] task in
            guard let self else { return task.cancel() }
            ticks()
        }
    }

    /// Where the coordinator is.
    public var address: CoordinatorAddress { dialer.address }

    /// The newest decision.
    public var decision: Decision? { state.withLock { $0.decision } }

    /// Whether the coordinator has ever taken this save into a group.
    public var hasJoined: Bool { state.withLock { $0.hasBeenWelcome } }

    /// For how long there has been no connection; zero while there is one.
    public var silentSeconds: Double {
        state.withLock { state in
            state.isWelcome ? 0 : (NIODeadline.now() - state.contactTime).seconds
        }
    }

    /// Tells how far the save is; the newest is told again each second.
    public func report(_ progress: Progress) {
        state.withLock { state in
            state.progress = progress
            sayProgress(&state)
        }
    }

    /// Tells what the save does from now on; changes arrive in order, or only the newest does.
    public func change(to newState: MemberState, reason: String = "") {
        state.withLock { state in
            state.change = StateChange(newState, reason: Self.bounded(reason))
            say(.state(state.change), &state)
        }
    }

    /// Notes that a decision is followed, for connections to come.
    public func follows(_ decision: Decision) {
        state.withLock { $0.join.lastDecision = decision.number }
    }

    /// Ends the connection, once all has been told; nothing happens any more after that.
    ///
    /// - Parameters:
    ///   - seconds: How long to wait for it at most.
    ///   - isReconnecting: Whether to wait for a connection too, if there is none.
    public func close(waitingAtMost seconds: Double, reconnecting isReconnecting: Bool) {
        let isWaiting = state.withLock { state in
            state.isClosing = true
            if let channel = state.channel {
                flush(channel)
                return true
            }
            return isReconnecting
        }
        if isWaiting {
            _ = isFlushed.wait(timeout: .now() + .milliseconds(Int(seconds * 1000)))
        }
        state.withLock { $0.isOver = true }
        loops.shutdownGracefully { _ in }
    }

    // MARK: Connections

    private var loop: any EventLoop { loops.any() }

    private func dial() {
        dialer.connect(
            on: loop,
            lineByteCountMaximum: CoordinatorProtocol.lineByteCountMaximum
        ) {
            MemberHandler(self)
        }
        .whenFailure { error in self.failed(reason: Dialer.text(for: error)) }
    }

    /// Notes a connection, and joins.
    func connects(_ channel: any Channel) {
        state.withLock { state in
            state.channel = channel
            state.startTime = .now()
            state.soundTime = .now()
            var join = state.join
            join.state = state.change.state
            say(.join(join), &state)
            if !state.change.reason.isEmpty { say(.state(state.change), &state) }
            if state.isClosing { flush(channel) } else { sayProgress(&state) }
        }
    }

    /// Notes the end of a connection.
    func disconnects(_ channel: any Channel, reason: String) {
        state.withLock { state in
            guard let current = state.channel, current === channel else { return }
            state.channel = nil
        }
        failed(reason: reason)
    }

    private func failed(reason: String) {
        let (line, delay) = state.withLock { state -> (String?, Double?) in
            guard !state.isOver else { return (nil, nil) }
            let wasWelcome = state.isWelcome
            if wasWelcome {
                state.isWelcome = false
                state.contactTime = state.soundTime
            }
            let delay = min(
                Self.firstDelaySeconds * Double(1 << min(state.failedAttempts, 10)),
                Self.delaySecondsMaximum
            )
            state.failedAttempts += 1
            let what = wasWelcome ? "lost the coordinator" : "cannot reach the coordinator"
            let line = "\(what) at \(address): \(reason); trying again"
            let isTold =
                state.toldTroubles.count >= Self.toldTroublesMaximum
                || !state.toldTroubles.insert(line).inserted
            return (isTold ? nil : line, delay * .random(in: 0.75...1.25))
        }
        if let line { observer.log(true, line) }
        guard let delay else { return }
        loop.scheduleTask(in: .nanoseconds(Int64(delay * 1e9))) { self.dial() }
    }

    // MARK: Messages

    /// Takes a message from a connection.
    func hears(_ message: CoordinatorMessage) {
        state.withLock { $0.soundTime = .now() }
        switch message {
        case .alive: break
        case .welcome(let welcome): joins(welcome)
        case .decision(let decision):
            let isNew = state.withLock { state in
                // Numbers grow: what is not above the newest was overtaken on its way.
                guard decision.number > (state.decision?.number ?? .min) else { return false }
                state.decision = decision
                return true
            }
            if isNew { observer.decided(decision) }
        // It ends the connection.
        case .refusal: break
        }
    }

    private func joins(_ welcome: Welcome) {
        let isBack = state.withLock { state in
            defer {
                state.isWelcome = true
                state.hasBeenWelcome = true
            }
            return state.hasBeenWelcome
        }
        let count =
            "\(welcome.memberCount) of \(welcome.expectedMemberCount.map(String.init) ?? "?")"
        observer.log(
            false,
            "\(isBack ? "is back in" : "joined") group \(welcome.group) of application "
                + "\(welcome.application) at \(address): \(count) members are there"
        )
    }

    /// After so long a connection is no flicker any more.
    private static let steadySeconds = 5.0
    private static let tick = TimeAmount.milliseconds(250)

    /// Sees to silence on either side.
    private func ticks() {
        let silent = state.withLock { state -> (any Channel)? in
            guard let channel = state.channel else { return nil }
            if (NIODeadline.now() - state.sayTime).seconds >= CoordinatorProtocol.heartbeatSeconds {
                sayProgress(&state)
            }
            let silence = (NIODeadline.now() - state.soundTime).seconds
            if state.isWelcome, (NIODeadline.now() - state.startTime).seconds > Self.steadySeconds {
                state.failedAttempts = 0
                state.toldTroubles = []
            }
            return silence > CoordinatorProtocol.silenceSecondsMaximum ? channel : nil
        }
        silent?.pipeline.fireErrorCaught(Silence())
    }

    private struct Silence: Error, CustomStringConvertible {
        var description: String {
            "it has said nothing for \(Int(CoordinatorProtocol.silenceSecondsMaximum)) s"
        }
    }

    private func sayProgress(_ state: inout State) {
        // A coordinator that does not read misses some, and nothing piles up here.
        guard let progress = state.progress, state.channel?.isWritable == true else { return }
        say(.progress(progress), &state)
    }

    /// Writes in the order of calls, which are made with the state locked.
    private func say(_ message: MemberMessage, _ state: inout State) {
        guard let channel = state.channel else { return }
        state.sayTime = .now()
        let line = ByteBuffer(bytes: message.line)
        // Not here and now: what a write brings about may want the state too.
        loop.execute { channel.writeAndFlush(line, promise: nil) }
    }

    private func flush(_ channel: any Channel) {
        loop.execute { [isFlushed] in
            channel.writeAndFlush(ByteBuffer()).whenComplete { _ in isFlushed.signal() }
        }
    }

    /// So short that no line gets too long, whatever characters it has.
    private static func bounded(_ reason: String) -> String {
        let maximum = 500
        guard reason.unicodeScalars.count > maximum else { return reason }
        return String(String.UnicodeScalarView(reason.unicodeScalars.prefix(maximum))) + "..."
    }
}

extension TimeAmount {
    fileprivate var seconds: Double { Double(nanoseconds) / 1e9 }
}
