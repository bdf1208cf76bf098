/// The coordinator's mind: all groups, what happens to them, and what follows from it.
///
/// It has no clock and does no input or output. The caller tells what happens and when, and carries
/// out the effects. The caller also sees to what belongs to a connection alone: it sends `alive`, and
/// it reports a connection as lost if it was silent for too long.
public struct Groups: Sendable {
    private let rules: RulesTable

    /// No groups as yet.
    public init(rules: RulesTable) {
        self.rules = rules
    }

    /// Takes up the groups that were stored before the coordinator was restarted.
    ///
    /// Once, before anything else. Their members have the rejoin limit to come back.
    public mutating func restore(_ records: [GroupRecord], at now: Moment) -> [Effect] { [] }

    /// A new connection's first message is a join; it is checked here.
    public mutating func joins(
        _ join: Join,
        on connection: ConnectionID,
        at now: Moment
    ) -> [Effect] { [] }

    /// A member says something; it is checked here.
    public mutating func receives(
        _ message: MemberMessage,
        from connection: ConnectionID,
        at now: Moment
    ) -> [Effect] { [] }

    /// A connection has ended, or was silent for too long.
    public mutating func loses(_ connection: ConnectionID, at now: Moment) -> [Effect] { [] }

    /// Time has passed: to be called about ten times a second.
    public mutating func tick(at now: Moment) -> [Effect] { [] }

    /// An operator asks.
    public mutating func operate(
        _ request: OperatorRequest,
        at now: Moment
    ) -> (OperatorAnswer, [Effect]) { (.groups(snapshots(at: now)), []) }

    /// All groups as operators see them, by application and number.
    public func snapshots(at now: Moment) -> [GroupSnapshot] { [] }
}
