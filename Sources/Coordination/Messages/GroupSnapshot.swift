/// A group as operators see it: `cloudnet groups`, the web page and the metrics show this.
public struct GroupSnapshot: Codable, Equatable, Sendable {
    /// The application whose domains move together.
    public var application: String
    /// Tells the group from earlier ones of the same application.
    public var group: Int
    /// What it does.
    public var state: GroupState
    /// Why, for an operator.
    public var reason: String
    /// How many members there will be, if that is known.
    public var expectedMemberCount: Int?
    /// When the first member joined, in seconds since 1970.
    public var startTime: Double
    /// When the group is expected to stop, in seconds from now, if that is known.
    public var secondsToStop: Double?
    /// How far apart the pauses of the first and the last member began, once they have.
    public var skewMilliseconds: Double?
    /// In the order of joining.
    public var members: [MemberSnapshot]

    /// A group without members.
    public init(application: String, group: Int, state: GroupState, startTime: Double) {
        self.application = application
        self.group = group
        self.state = state
        self.startTime = startTime
        reason = ""
        members = []
    }

    enum CodingKeys: String, CodingKey {
        case application, group, state, reason, members
        case expectedMemberCount = "expected-members"
        case startTime = "start-time"
        case secondsToStop = "seconds-to-stop"
        case skewMilliseconds = "skew-milliseconds"
    }
}

/// What a group does.
public enum GroupState: String, Codable, CaseIterable, Sendable {
    /// Waits for members to join; those that have iterate.
    case gathering
    /// All members are there and iterate or hold.
    case iterating
    /// Held members send their closing rounds, so that all are ready at one time.
    case closing
    /// All are told to stop.
    case released
    /// All have arrived.
    case done
    /// Told to give up.
    case aborted

    /// Whether nothing more is decided.
    public var isOver: Bool { self == .done || self == .aborted }
}

/// A member as operators see it.
public struct MemberSnapshot: Codable, Equatable, Sendable {
    /// The domain's name.
    public var domain: String
    /// The domain's UUID.
    public var uuid: String
    /// The host that the domain leaves.
    public var host: String
    /// The domain's memory.
    public var memoryByteCount: Int
    /// What the save does.
    public var state: MemberState
    /// Why, for an operator.
    public var reason: String
    /// Whether it is connected now.
    public var isConnected: Bool
    /// How far it is.
    public var progress: Progress
    /// What it was last told.
    public var decision: Decision?

    /// A member that has just joined.
    public init(_ join: Join) {
        domain = join.domain
        uuid = join.uuid
        host = join.host
        memoryByteCount = join.memoryByteCount
        state = join.state
        reason = ""
        isConnected = true
        progress = Progress()
    }

    enum CodingKeys: String, CodingKey {
        case domain, uuid, host, state, reason, progress, decision
        case memoryByteCount = "memory-bytes"
        case isConnected = "connected"
    }
}
