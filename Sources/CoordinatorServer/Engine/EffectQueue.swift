internal import Coordination
internal import NIOCore

/// Carries out what follows from each event, in order; on one event loop.
///
/// While the disk is busy effects gather. All that they store then goes to the disk at once, and
/// only when it is safe are they carried out. If it cannot be stored, none of them ever is.
final class EffectQueue {
    private enum Step {
        case effect(Effect)
        /// All effects of an event are carried out.
        case then(() -> Void)

        var change: GroupChange? {
            switch self {
            case .effect(.store(let record)): .keep(record)
            case .effect(.forget(let application, let group)):
                .forget(application: application, group: group)
            default: nil
            }
        }
    }

    private let store: StoreThread
    private let limits: CoordinatorLimits
    private let journal: Journal
    private let end: EventLoopPromise<Void>
    private let loop: any EventLoop

    private var channels: [ConnectionID: any Channel] = [:]
    private var waiting: [Step] = []
    /// Whether steps are being stored or carried out.
    private var isBusy = false
    private var storingSince: NIODeadline?
    /// Whether nothing more is taken.
    private(set) var isOver = false
    private var hasEnded = false

    init(
        store: StoreThread,
        limits: CoordinatorLimits,
        journal: Journal,
        end: EventLoopPromise<Void>,
        on loop: any EventLoop
    ) {
        self.store = store
        self.limits = limits
        self.journal = journal
        self.end = end
        self.loop = loop
    }

    // MARK: Connections

    /// From now on a member can be told something.
    func open(_ connection: ConnectionID, _ channel: any Channel) {
        channels[connection] = channel
    }

    /// From now on it cannot.
    func forget(_ connection: ConnectionID) {
        channels[connection] = nil
    }

    /// Tells all members that the coordinator is there, whatever the disk does.
    func sayAlive() {
        for channel in channels.values {
            channel.writeAndFlush(Outgoing.message(.alive), promise: nil)
        }
    }

    // MARK: Effects

    /// Takes the effects of an event; `then` is called when they have been carried out, or never.
    func add(_ effects: [Effect], then: (() -> Void)? = nil) {
        guard !isOver else { return }
        waiting += effects.map { Step.effect($0) }
        if let then { waiting.append(.then(then)) }
        advance()
    }

    /// Carries out what waits, and takes nothing more.
    func finish() {
        isOver = true
        advance()
    }

    /// Gives up if the disk has been busy for too long.
    func checkTime() {
        guard let storingSince, NIODeadline.now() - storingSince > limits.storeTime else { return }
        fail(.storingTooLong(seconds: Int(limits.storeTime.nanoseconds / 1_000_000_000)))
    }

    private func advance() {
        guard !isBusy else { return }
        isBusy = true
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let changes = GroupChange.last(of: batch.compactMap(\.change))
            guard changes.isEmpty else {
                storingSince = .now()
                store.write(changes, on: loop).assumeIsolated().whenComplete { result in
                    self.stored(batch, result)
                }
                return
            }
            carryOut(batch)
        }
        isBusy = false
        if isOver { succeed() }
    }

    private func stored(_ batch: [Step], _ result: Result<Void, any Error>) {
        storingSince = nil
        guard !hasEnded else { return }
        switch result {
        case .success:
            carryOut(batch)
            isBusy = false
            advance()
        case .failure(let error):
            fail(.storing(reason: "\(error)"))
        }
    }

    private func carryOut(_ batch: [Step]) {
        for step in batch {
            switch step {
            case .effect(.store), .effect(.forget): break
            case .effect(.send(let message, let connection)):
                channels[connection]?.writeAndFlush(Outgoing.message(message), promise: nil)
            case .effect(.close(let connection)):
                channels.removeValue(forKey: connection)?
                    .writeAndFlush(Outgoing.end, promise: nil)
            case .effect(.log(let level, let text)): journal.log(level, text)
            case .then(let body): body()
            }
        }
    }

    private func succeed() {
        guard !hasEnded else { return }
        hasEnded = true
        end.succeed()
    }

    private func fail(_ error: CoordinatorError) {
        guard !hasEnded else { return }
        isOver = true
        hasEnded = true
        waiting = []
        end.fail(error)
    }
}
