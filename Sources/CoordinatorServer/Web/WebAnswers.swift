internal import Coordination
internal import NIOCore
internal import Synchronization

/// Makes the answers; those that need the groups serve everybody who asks within a short time.
///
/// So however many watch, the coordinator is asked, and a thousand members are written as JSON, only
/// a few times a second.
final class WebAnswers: Sendable {
    private struct Kept {
        let time: NIODeadline
        let answer: EventLoopFuture<WebAnswer>
    }

    private let snapshots: @Sendable () -> EventLoopFuture<[GroupSnapshot]>
    private let eventLoop: any EventLoop
    private let age: TimeAmount
    private let kept = Mutex<[WebResource: Kept]>([:])

    /// Makes nothing as yet.
    ///
    /// - Parameters:
    ///   - eventLoop: Where answers are written.
    ///   - age: How long an answer serves others too.
    ///   - snapshots: Asks the coordinator how its groups are.
    init(
        on eventLoop: any EventLoop,
        age: TimeAmount,
        snapshots: @escaping @Sendable () -> EventLoopFuture<[GroupSnapshot]>
    ) {
        self.eventLoop = eventLoop
        self.age = age
        self.snapshots = snapshots
    }

    /// The answer to a request for a resource; it never fails.
    func answer(_ resource: WebResource) -> EventLoopFuture<WebAnswer> {
        switch resource {
        case .page: eventLoop.makeSucceededFuture(.page())
        case .groups: recent(.groups) { WebAnswer.groups($0) }
        case .metrics: recent(.metrics) { WebAnswer.metrics($0) }
        }
    }

    private func recent(
        _ resource: WebResource,
        make: @escaping @Sendable ([GroupSnapshot]) -> WebAnswer
    ) -> EventLoopFuture<WebAnswer> {
        let now = NIODeadline.now()
        return kept.withLock { kept in
            if let last = kept[resource], now - last.time < age { return last.answer }
            let answer = snapshots().hop(to: eventLoop).map(make)
                .flatMapErrorThrowing { _ in .refusal(.noSnapshot) }
            kept[resource] = Kept(time: now, answer: answer)
            return answer
        }
    }
}
