@testable import Coordination

/// The save of a guest that writes memory while it is sent, in simulated time.
///
/// It behaves as a save helper does: rounds, its own rule for when it is ready, and the protocol.
struct SimulatedMember {
    /// What the guest and the link are like.
    struct Guest {
        var memoryByteCount: Double
        /// What it writes per second at first; writing the same pages again counts once.
        var dirtyBytesPerSecond: Double
        /// It never writes more than this.
        var workingSetByteCount: Double
        var linkBytesPerSecond: Double
        /// It tells its time to be ready wrong by this factor.
        var estimateFactor = 1.0
    }

    enum Phase: Equatable {
        case sending(left: Double)
        case held
        case pausing(left: Double)
        case over
    }

    let guest: Guest
    let join: Join
    /// What it does if it decides without the coordinator.
    var whenLost = Decision.Action.abort
    /// Without contact for so long, while held, it does that.
    var deadline = Double.infinity
    /// It belongs to no group.
    var isAlone = false

    private(set) var phase: Phase
    private(set) var state = MemberState.iterating
    private(set) var round = 0
    private(set) var sentByteCount = 0.0
    private(set) var pauseSeconds: Double?
    private(set) var suspendedAt: Double?
    private(set) var followed: [Decision] = []

    private var clearedAt: Double
    private var lastRoundByteCount: Double
    private var isClosing = false
    private var mustStop = false
    private var limit: Double?
    private var toldAt = -1.0
    var heardAt: Double
    /// What it has to say, in order.
    var outbox: [MemberMessage] = []

    init(_ guest: Guest, _ join: Join, at now: Double) {
        self.guest = guest
        self.join = join
        clearedAt = now
        heardAt = now
        lastRoundByteCount = guest.memoryByteCount
        phase = .sending(left: guest.memoryByteCount)
    }

    var isOver: Bool { phase == .over }

    /// What is dirty so long after the dirty pages were looked up.
    private func dirtyByteCount(after seconds: Double) -> Double {
        let share = guest.dirtyBytesPerSecond * seconds / max(guest.workingSetByteCount, 1)
        return guest.workingSetByteCount * share / (1 + share)
    }

    private func dirtyByteCount(at now: Double) -> Double {
        dirtyByteCount(after: now - clearedAt)
    }

    // MARK: Time

    mutating func advance(to now: Double, by seconds: Double) {
        switch phase {
        case .sending(let left):
            let rate = min(guest.linkBytesPerSecond, limit ?? .infinity)
            sentByteCount += min(left, rate * seconds)
            phase = .sending(left: left - rate * seconds)
            if left <= rate * seconds { endRound(at: now) }
        case .held:
            if now - heardAt > deadline { decideAlone(at: now) }
        case .pausing(let left):
            sentByteCount += min(left, guest.linkBytesPerSecond * seconds)
            phase = .pausing(left: left - guest.linkBytesPerSecond * seconds)
            if left <= guest.linkBytesPerSecond * seconds { end(.done) }
        case .over:
            return
        }
        let interval = phase == .held ? 0.2 : 1.0
        if now - toldAt >= interval - 1e-9, !isOver { tellProgress(at: now) }
    }

    private mutating func endRound(at now: Double) {
        let dirty = dirtyByteCount(at: now)
        tellProgress(at: now, isAtEnd: true)
        if mustStop { return pause(at: now) }
        let isReady =
            isClosing || round >= 8
            || round >= 1
                && (dirty < guest.linkBytesPerSecond * 0.05 || dirty > 0.8 * lastRoundByteCount)
        guard isReady else { return beginRound(at: now) }
        isClosing = false
        if isAlone { return pause(at: now) }
        phase = .held
        heardAt = max(heardAt, now)
        enter(.ready)
        tellProgress(at: now)
    }

    private mutating func beginRound(at now: Double) {
        let dirty = dirtyByteCount(at: now)
        round += 1
        lastRoundByteCount = dirty
        clearedAt = now
        phase = .sending(left: dirty)
    }

    private mutating func pause(at now: Double) {
        let dirty = dirtyByteCount(at: now)
        enter(.released)
        suspendedAt = now
        pauseSeconds = dirty / guest.linkBytesPerSecond
        phase = .pausing(left: dirty)
        enter(.suspended)
    }

    mutating func die(telling reason: String? = nil) {
        phase = .over
        outbox = []
        state = .failed
        if let reason { outbox.append(.state(StateChange(.failed, reason: reason))) }
    }

    private mutating func end(_ state: MemberState) {
        phase = .over
        enter(state)
    }

    private mutating func enter(_ state: MemberState) {
        self.state = state
        outbox.append(.state(StateChange(state)))
    }

    private mutating func decideAlone(at now: Double) {
        if whenLost == .alone { pause(at: now) } else { end(.failed) }
    }

    private mutating func tellProgress(at now: Double, isAtEnd: Bool = false) {
        toldAt = now
        let dirty = dirtyByteCount(at: now)
        var progress = Progress()
        progress.round = round
        var left = dirty
        if case .sending(let bytes) = phase { left = max(0, bytes) }
        progress.remainingByteCount = Int(left)
        progress.transferredByteCount = Int(sentByteCount)
        progress.bytesPerSecond = Int(min(guest.linkBytesPerSecond, limit ?? .infinity))
        let pause = round == 0 ? 0 : lastRoundByteCount / guest.linkBytesPerSecond
        progress.pauseMilliseconds = Int(
            1000 * (phase == .held || isAtEnd ? dirty / guest.linkBytesPerSecond : pause)
        )
        if case .sending = phase, now - clearedAt > 0.5 || round > 0 {
            progress.secondsToReady = secondsToReady(left, at: now) * guest.estimateFactor
        }
        outbox.append(.progress(progress))
    }

    private func secondsToReady(_ left: Double, at now: Double) -> Double {
        var seconds = left / min(guest.linkBytesPerSecond, limit ?? .infinity)
        guard !isClosing else { return seconds }
        var last = lastRoundByteCount
        var next = dirtyByteCount(after: now - clearedAt + seconds)
        var number = round
        while number < 8,
            number < 1 || next >= guest.linkBytesPerSecond * 0.05 && next <= 0.8 * last
        {
            let duration = next / guest.linkBytesPerSecond
            seconds += duration
            last = next
            next = dirtyByteCount(after: duration)
            number += 1
        }
        return seconds
    }

    // MARK: The protocol

    /// What it says on a new connection.
    var joinNow: Join {
        var join = join
        join.state = state
        join.lastDecision = followed.last?.number
        return join
    }

    mutating func hear(_ message: CoordinatorMessage, at now: Double) {
        heardAt = now
        guard case .decision(let decision) = message, !isOver else { return }
        guard decision.number > followed.last?.number ?? -1 else { return }
        followed.append(decision)
        limit = decision.bandwidthLimit.map(Double.init)
        if case .pausing = phase { return }
        switch decision.action {
        case .hold:
            if phase == .held { enter(.waiting) }
        case .continue:
            guard phase == .held else { return }
            isClosing = true
            enter(.iterating)
            beginRound(at: now)
        case .stop:
            mustStop = true
            if phase == .held { pause(at: now) }
        case .abort:
            end(.failed)
        case .alone:
            isAlone = true
            if phase == .held { pause(at: now) }
        }
    }
}
