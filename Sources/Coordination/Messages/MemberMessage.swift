/// What a member of a group, the save of one domain, tells the coordinator
/// (docs/coordinator-protocol.md).
public enum MemberMessage: Equatable, Sendable {
    /// The first message on each connection.
    case join(Join)
    /// How far the save is: after each round, and about once a second.
    case progress(Progress)
    /// What the save does from now on.
    case state(StateChange)
}

/// Who wants to migrate together with whom.
public struct Join: Codable, Equatable, Sendable {
    /// The version of the protocol that the member speaks.
    public var version = CoordinatorProtocol.version
    /// The application whose domains move together.
    public var application: String
    /// Made anew by each migration: tells one that comes back from another one.
    public var session: String
    /// The domain's name.
    public var domain: String
    /// The domain's UUID.
    public var uuid: String
    /// The host that the domain leaves.
    public var host: String
    /// The domain's memory.
    public var memoryByteCount: Int
    /// How many members the application has, if the member knows.
    public var expectedMemberCount: Int?
    /// Members that name the same link share its bandwidth; none shares with nobody.
    public var link: String?
    /// What the save does at present.
    public var state = MemberState.iterating
    /// The number of the last decision that the member has followed, if it comes back.
    public var lastDecision: Int?

    /// A save that begins.
    public init(
        application: String,
        session: String,
        domain: String,
        uuid: String,
        host: String,
        memoryByteCount: Int
    ) {
        self.application = application
        self.session = session
        self.domain = domain
        self.uuid = uuid
        self.host = host
        self.memoryByteCount = memoryByteCount
    }

    enum CodingKeys: String, CodingKey {
        case version, application, session, domain, uuid, host, link, state
        case memoryByteCount = "memory-bytes"
        case expectedMemberCount = "expected-members"
        case lastDecision = "last-decision"
    }
}

/// What a save does.
public enum MemberState: String, Codable, CaseIterable, Sendable {
    /// Sends rounds while the guest runs.
    case iterating
    /// Between rounds, and would pause the guest now if it were alone.
    case ready
    /// Between rounds, and told to hold.
    case waiting
    /// Told to stop, and about to pause the guest.
    case released
    /// The guest is paused; the last round is on its way.
    case suspended
    /// All is sent.
    case done
    /// Over without success: the guest is at the source.
    case failed

    /// Whether the save is between two rounds and waits for a decision.
    public var isHeld: Bool { self == .ready || self == .waiting }

    /// Whether the guest runs, and no decision to pause it was made.
    public var isBeforeStop: Bool { self == .iterating || isHeld }

    /// Whether nothing more comes.
    public var isOver: Bool { self == .done || self == .failed }
}

/// How far a save is.
public struct Progress: Codable, Equatable, Sendable {
    /// The current round, from 0; while the save is held, the last one.
    public var round = 0
    /// Pages sent in this round so far.
    public var sentPageCount = 0
    /// Pages that are dirty, as seen after the last round or, while the save is held, just now.
    public var dirtyPageCount = 0
    /// Pages of this round that are left; while the save is held, those that are dirty.
    public var remainingPageCount = 0
    /// What our stream is expected to take for those.
    public var remainingByteCount = 0
    /// What our stream has taken since the save began.
    public var transferredByteCount = 0
    /// How fast the link takes our stream; 0 while that is unknown.
    public var bytesPerSecond = 0
    /// How long the guest would be paused if the save stopped after this round; in a held save, now.
    public var pauseMilliseconds = 0
    /// How long it takes until the save is ready, as far as it can tell.
    public var secondsToReady: Double?

    /// Nothing sent as yet.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case round
        case sentPageCount = "pages-sent"
        case dirtyPageCount = "pages-dirty"
        case remainingPageCount = "pages-remaining"
        case remainingByteCount = "bytes-remaining"
        case transferredByteCount = "bytes-transferred"
        case bytesPerSecond = "bytes-per-second"
        case pauseMilliseconds = "pause-milliseconds"
        case secondsToReady = "seconds-to-ready"
    }
}

/// What a save does from now on.
public struct StateChange: Codable, Equatable, Sendable {
    /// What it does.
    public var state: MemberState
    /// Why, for an operator; empty if that is plain.
    public var reason: String

    /// A change of state.
    public init(_ state: MemberState, reason: String = "") {
        self.state = state
        self.reason = reason
    }
}
