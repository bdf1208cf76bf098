internal import Coordination
package import NIOCore

/// What others may take of the coordinator.
package struct CoordinatorLimits: Sendable {
    /// Connections at one address, at most.
    package var connectionCount = 8192
    /// Connections at one address that have not joined yet; beyond it, the oldest makes room.
    package var unjoinedConnectionCount = 512
    /// Bytes that wait for a member to read them; beyond it, the connection ends.
    package var unreadByteCount = 64 << 10
    /// A connection must have joined, or asked, within this time.
    package var joinTime = TimeAmount.coordinatorSeconds(CoordinatorProtocol.joinSecondsMaximum)
    /// A member that is silent for so long has lost its connection.
    package var silenceTime = TimeAmount.coordinatorSeconds(
        CoordinatorProtocol.silenceSecondsMaximum
    )
    /// What was said last must have been read within this time before a connection ends.
    package var farewellTime = TimeAmount.seconds(2)
    /// An operator must have read the answer within this time.
    package var answerTime = TimeAmount.seconds(10)
    /// The disk must have taken what is stored within this time.
    package var storeTime = TimeAmount.seconds(10)

    package init() {}
}

extension TimeAmount {
    /// Seconds as the protocol counts them.
    package static func coordinatorSeconds(_ seconds: Double) -> TimeAmount {
        .nanoseconds(Int64(seconds * 1e9))
    }
}
