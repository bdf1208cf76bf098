/// All that a coordinator which was restarted must know of a group.
public struct GroupRecord: Codable, Equatable, Sendable {
    /// The application whose domains move together.
    public var application: String
    /// Tells the group from earlier ones of the same application.
    public var group: Int
    /// What it does.
    public var state: GroupState
    /// Why, for an operator.
    public var reason: String
    /// The rules by which it began, and ends.
    public var rules: GroupRules
    /// How many members there will be, if that is known.
    public var expectedMemberCount: Int?
    /// When the first member joined, in seconds since 1970.
    public var startTime: Double
    /// The number of the last decision that was stored.
    public var lastDecision: Int
    /// In the order of joining.
    public var members: [MemberRecord]

    enum CodingKeys: String, CodingKey {
        case application, group, state, reason, rules, members
        case expectedMemberCount = "expected-members"
        case startTime = "start-time"
        case lastDecision = "last-decision"
    }
}

/// All that a coordinator which was restarted must know of a member.
public struct MemberRecord: Codable, Equatable, Sendable {
    /// Who it is, and what it said when it joined last.
    public var join: Join
    /// What the save does.
    public var state: MemberState
    /// Why, for an operator.
    public var reason = ""
    /// It was lost for too long; what it does is not known, and it is waited for no more.
    public var isMissing = false
    /// What it was last told.
    public var decision: Decision?
    /// How far it was.
    public var progress = Progress()
    /// It was told to send a closing round, and has not said that it is ready again.
    public var isClosing = false
    /// How many closing rounds it was told to send.
    public var closingRoundCount = 0
    /// What its closing rounds were expected to take.
    public var closingByteCount = 0
    /// When it said that the guest is paused, in seconds since 1970.
    public var suspendTime: Double?

    init(_ join: Join) {
        self.join = join
        state = join.state
    }

    enum CodingKeys: String, CodingKey {
        case join, state, reason, decision, progress
        case isMissing = "missing"
        case isClosing = "closing"
        case closingRoundCount = "closing-rounds"
        case closingByteCount = "closing-bytes"
        case suspendTime = "suspend-time"
    }
}
