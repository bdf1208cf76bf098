/// What the coordinator tells a member (docs/coordinator-protocol.md).
public enum CoordinatorMessage: Equatable, Sendable {
    /// The answer to a join.
    case welcome(Welcome)
    /// What to do.
    case decision(Decision)
    /// About once a second: the coordinator is still there.
    case alive
    /// Something is wrong with the member's message; the connection ends.
    case refusal(Refusal)
}

/// What a member has joined.
public struct Welcome: Codable, Equatable, Sendable {
    /// The version of the protocol that both speak.
    public var version = CoordinatorProtocol.version
    /// The application.
    public var application: String
    /// Tells the group from earlier ones of the same application.
    public var group: Int
    /// How many members have joined it.
    public var memberCount: Int
    /// How many there will be, if that is known.
    public var expectedMemberCount: Int?

    /// An answer to a join.
    public init(
        application: String,
        group: Int,
        memberCount: Int,
        expectedMemberCount: Int? = nil
    ) {
        self.application = application
        self.group = group
        self.memberCount = memberCount
        self.expectedMemberCount = expectedMemberCount
    }

    enum CodingKeys: String, CodingKey {
        case version, application, group
        case memberCount = "members"
        case expectedMemberCount = "expected-members"
    }
}

/// What a member is to do.
public struct Decision: Codable, Equatable, Sendable {
    /// What there is to do.
    public enum Action: String, Codable, CaseIterable, Sendable {
        /// Send rounds; if the save is held, send one closing round and be ready again.
        case `continue`
        /// Send nothing between rounds, once ready.
        case hold
        /// Pause the guest: at once if the save is held, else at the end of this round.
        case stop
        /// Give up; the guest stays at the source.
        case abort
        /// The group does not exist any more: decide alone from now on.
        case alone
    }

    /// Grows with each decision of a group; a member never follows an older one.
    public var number: Int
    /// What to do.
    public var action: Action
    /// Why, for an operator.
    public var reason: String
    /// How many bytes per second the member may send, so that others on its link can keep up.
    ///
    /// None if that is not limited. The final round is never limited by it.
    public var bandwidthLimit: Int?
    /// When the group is expected to stop, in seconds from now, if that is known.
    public var secondsToStop: Double?

    /// A decision.
    public init(
        number: Int,
        _ action: Action,
        reason: String,
        bandwidthLimit: Int? = nil,
        secondsToStop: Double? = nil
    ) {
        self.number = number
        self.action = action
        self.reason = reason
        self.bandwidthLimit = bandwidthLimit
        self.secondsToStop = secondsToStop
    }

    enum CodingKeys: String, CodingKey {
        case number, reason
        case action = "decision"
        case bandwidthLimit = "bandwidth-limit"
        case secondsToStop = "seconds-to-stop"
    }
}

/// Why a connection ends.
public struct Refusal: Codable, Equatable, Error, Sendable {
    /// What is wrong, and what to do about it.
    public var reason: String

    /// A refusal.
    public init(reason: String) {
        self.reason = reason
    }
}
