/// A connection of a member; numbers are never used again while the coordinator runs.
public struct ConnectionID: Hashable, Sendable {
    /// The number.
    public var number: Int

    /// A connection.
    public init(_ number: Int) {
        self.number = number
    }
}

/// What is to be done after something has happened to the groups, in this order.
///
/// All that is stored or forgotten must be safe before anything is sent that comes later.
public enum Effect: Equatable, Sendable {
    /// Keep this instead of what was kept of the group before, if anything was.
    case store(GroupRecord)
    /// Keep nothing of this group any more.
    case forget(application: String, group: Int)
    /// Tell a member; if the connection is gone, nothing is to be done.
    case send(CoordinatorMessage, ConnectionID)
    /// End a connection once all is sent; `Groups` has forgotten it already.
    case close(ConnectionID)
    /// Tell the operator.
    case log(LogLevel, String)
}

/// How much a line of the log matters.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    /// What each member does.
    case debug
    /// What each group does.
    case info
    /// Something is not as it should be, and what follows.
    case warning
    /// A group has not done what was asked of it.
    case error

    /// Whether it matters less.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
