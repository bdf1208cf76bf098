internal import Coordination
internal import NIOCore

/// The groups, the channels of their members, and the time; on one event loop.
final class LiveGroups {
    private var groups: Groups
    private let queue: EffectQueue
    private var tickCount = 0

    /// How often `tick` is to be called.
    static let tickTime = TimeAmount.milliseconds(100)
    private static let ticksPerHeartbeat = Int(CoordinatorProtocol.heartbeatSeconds * 10)

    init(rules: RulesTable, queue: EffectQueue) {
        groups = Groups(rules: rules)
        self.queue = queue
    }

    func restore(_ records: [GroupRecord]) {
        queue.add(groups.restore(records, at: .now))
    }

    /// Time has passed.
    func tick() {
        guard !queue.isOver else { return }
        queue.add(groups.tick(at: .now))
        queue.checkTime()
        tickCount += 1
        if tickCount % Self.ticksPerHeartbeat == 0 { queue.sayAlive() }
    }

    func joins(_ join: Join, on connection: ConnectionID, _ channel: any Channel) {
        guard !queue.isOver else { return }
        queue.open(connection, channel)
        queue.add(groups.joins(join, on: connection, at: .now)) { channel.read() }
    }

    func receives(
        _ messages: [MemberMessage],
        from connection: ConnectionID,
        _ channel: any Channel
    ) {
        guard !queue.isOver else { return }
        let now = Moment.now
        let effects = messages.flatMap { groups.receives($0, from: connection, at: now) }
        queue.add(effects) { channel.read() }
    }

    func loses(_ connection: ConnectionID) {
        guard !queue.isOver else { return }
        queue.forget(connection)
        queue.add(groups.loses(connection, at: .now))
    }

    func operate(_ request: OperatorRequest, _ promise: EventLoopPromise<OperatorAnswer>) {
        guard !queue.isOver else {
            promise.succeed(.refusal(Refusal(reason: "the coordinator is ending")))
            return
        }
        let (answer, effects) = groups.operate(request, at: .now)
        queue.add(effects) { promise.succeed(answer) }
    }

    var snapshots: [GroupSnapshot] { groups.snapshots(at: .now) }

    func finish() {
        queue.finish()
    }
}
