/// A group: its members, and what it has decided.
///
/// Each event changes it and fills its outbox. The parts: who belongs to it (`Group+Members`), what
/// members say (`Group+Messages`), when they stop (`Group+Pacing`), and how it ends (`Group+Ending`).
struct Group: Sendable {
    /// The application whose domains move together.
    let application: String
    /// Tells it from earlier ones of the same application.
    let number: Int
    /// The rules by which it began.
    let rules: GroupRules
    /// When the first member joined, in seconds since 1970.
    let startTime: Double
    /// When it was created or restored, by the clock that never jumps.
    let beganAt: Double

    /// What it does.
    var state = GroupState.gathering
    /// Why, for an operator.
    var reason = ""
    /// How many members there will be, if that is known.
    var expectedMemberCount: Int?
    /// In the order of joining; a member never changes its place.
    var members: [Member] = []
    /// The number of the last decision.
    var lastDecision = 0
    /// Since when all are told to stop.
    var releasedAt: Double?
    /// When it is expected to stop, as it was planned last.
    var plannedStopAt: Double?
    /// What is to be done.
    var outbox = Outbox()

    /// A group whose first member is about to join.
    init(application: String, number: Int, rules: GroupRules, at now: Moment) {
        self.application = application
        self.number = number
        self.rules = rules
        startTime = now.time
        beganAt = now.seconds
        expectedMemberCount = rules.expectedMemberCount
    }

    /// A group that the coordinator knew before it was restarted: all of its members are lost.
    init(_ record: GroupRecord, at now: Moment) {
        application = record.application
        number = record.group
        rules = record.rules
        startTime = record.startTime
        beganAt = now.seconds
        state = record.state
        reason = record.reason
        expectedMemberCount = record.expectedMemberCount
        members = record.members.map { Member($0, at: now) }
        lastDecision = record.lastDecision
        if state == .released { releasedAt = now.seconds }
    }

    /// What outlives the coordinator.
    var record: GroupRecord {
        GroupRecord(
            application: application,
            group: number,
            state: state,
            reason: reason,
            rules: rules,
            expectedMemberCount: expectedMemberCount,
            startTime: startTime,
            lastDecision: lastDecision,
            members: members.map(\.record)
        )
    }

    /// What is to be done, and nothing from then on.
    mutating func takeEffects() -> [Effect] {
        defer { outbox = Outbox() }
        return (outbox.isRecordChanged ? [.store(record)] : []) + outbox.effects
    }

    // MARK: Who counts

    /// Whether all have been told to stop.
    var isReleased: Bool { releasedAt != nil }

    /// Whether it may still be decided when, and whether, the members stop.
    var isUndecided: Bool { !state.isOver && !isReleased }

    /// Whether the group waits for a member, as long as nothing is decided.
    func counts(_ member: Member) -> Bool {
        member.record.state != .failed && !member.record.isMissing && !member.hasStopped
            && member.record.decision?.action != .alone
    }

    /// The places of the members that the group waits for, as long as nothing is decided.
    var countingPlaces: [Int] { members.indices.filter { counts(members[$0]) } }

    // MARK: Telling members and operators

    /// Tells a member what to do; it is stored first, or when it comes back.
    mutating func decide(
        _ action: Decision.Action,
        for place: Int,
        reason: String,
        bandwidthLimit: Int? = nil,
        at now: Moment
    ) {
        lastDecision += 1
        let decision = Decision(
            number: lastDecision,
            action,
            reason: reason,
            bandwidthLimit: bandwidthLimit,
            secondsToStop: isUndecided ? plannedStopAt.map { max(0, $0 - now.seconds) } : nil
        )
        members[place].record.decision = decision
        outbox.isRecordChanged = true
        send(.decision(decision), to: place)
        log(
            .debug,
            "\(members[place].name) is told \(action.rawValue) (\(lastDecision)): \(reason)"
        )
    }

    /// Sends a message to a member, if it is connected.
    mutating func send(_ message: CoordinatorMessage, to place: Int) {
        guard let connection = members[place].connection else { return }
        outbox.add(.send(message, connection))
    }

    /// Changes what the group does.
    mutating func enter(_ state: GroupState, reason: String, _ level: LogLevel = .info) {
        self.state = state
        self.reason = reason
        outbox.isRecordChanged = true
        log(level, "\(state.rawValue): \(reason)")
    }

    /// Writes a line about the group.
    mutating func log(_ level: LogLevel, _ text: String) {
        outbox.add(.log(level, "\(application) \(number): \(text)"))
    }
}
