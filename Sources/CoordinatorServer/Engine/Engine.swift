internal import Coordination
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The groups on an event loop of their own; can be called from anywhere.
///
/// What happens comes in one after the other, and each thing's effects are carried out before the
/// next one's: so all follows from the order in which things came in.
final class Engine: Sendable {
    private let loop: any EventLoop
    private let groups: NIOLoopBound<LiveGroups>
    private let connectionCount = Atomic(0)

    /// Fails if the groups cannot be stored; nothing is decided from then on.
    let end: EventLoopFuture<Void>

    /// Begins without groups; the caller is on the loop, which serves nothing else.
    init(
        rules: RulesTable,
        store: StoreThread,
        limits: CoordinatorLimits,
        journal: Journal,
        on loop: any EventLoop
    ) {
        self.loop = loop
        let promise = loop.makePromise(of: Void.self)
        end = promise.futureResult
        let queue = EffectQueue(
            store: store,
            limits: limits,
            journal: journal,
            end: promise,
            on: loop
        )
        groups = NIOLoopBound(LiveGroups(rules: rules, queue: queue), eventLoop: loop)
    }

    /// Takes up the groups that were stored, and lets time pass from now on.
    func start(with records: [GroupRecord]) {
        loop.execute { [groups] in groups.value.restore(records) }
        loop.scheduleRepeatedTask(
            initialDelay: LiveGroups.tickTime,
            delay: LiveGroups.tickTime
        ) { [groups] _ in groups.value.tick() }
    }

    /// A number for a new connection.
    func nextConnectionID() -> ConnectionID {
        ConnectionID(connectionCount.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    /// A connection's first message is a join; afterwards the channel reads on.
    func joins(_ join: Join, on connection: ConnectionID, _ channel: any Channel) {
        loop.execute { [groups] in groups.value.joins(join, on: connection, channel) }
    }

    /// A member says something; afterwards the channel reads on.
    func receives(
        _ messages: [MemberMessage],
        from connection: ConnectionID,
        _ channel: any Channel
    ) {
        loop.execute { [groups] in groups.value.receives(messages, from: connection, channel) }
    }

    /// A member's connection has ended.
    func loses(_ connection: ConnectionID) {
        loop.execute { [groups] in groups.value.loses(connection) }
    }

    /// An operator asks; the answer comes when all that follows from the request is done.
    func operate(_ request: OperatorRequest) -> EventLoopFuture<OperatorAnswer> {
        let promise = loop.makePromise(of: OperatorAnswer.self)
        loop.execute { [groups] in groups.value.operate(request, promise) }
        return promise.futureResult
    }

    /// All groups as they are now.
    func snapshots() -> EventLoopFuture<[GroupSnapshot]> {
        loop.submit { [groups] in groups.value.snapshots }
    }

    /// Carries out what has been decided, and decides nothing more.
    func finish() -> EventLoopFuture<Void> {
        loop.execute { [groups] in groups.value.finish() }
        return end
    }
}
