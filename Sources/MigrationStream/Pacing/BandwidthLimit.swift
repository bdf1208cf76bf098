internal import Synchronization

/// How fast a stream may go out, which any thread may change while it does.
public final class BandwidthLimit: Sendable {
    private let state: Mutex<State>

    private struct State {
        var bytesPerSecond: Double?
        var share: Double?
        var isLifted = false

        var bytesPerSecondInForce: Double? {
            if isLifted { return nil }
            guard let bytesPerSecond, let share else { return bytesPerSecond ?? share }
            return min(bytesPerSecond, share)
        }
    }

    /// A limit of at least a byte per second, or none.
    public init(bytesPerSecond: Double?) {
        state = Mutex(State(bytesPerSecond: TokenBucket.usable(bytesPerSecond)))
    }

    /// The limit in force, or, set, that of the operator: none once it is lifted, whatever is set.
    public var bytesPerSecond: Double? {
        get { state.withLock { $0.bytesPerSecondInForce } }
        set { state.withLock { $0.bytesPerSecond = TokenBucket.usable(newValue) } }
    }

    /// What others on the link leave us, which makes the limit smaller; none if that is not known.
    public var share: Double? {
        get { state.withLock { $0.share } }
        set { state.withLock { $0.share = TokenBucket.usable(newValue) } }
    }

    /// The limit that was set, even if it is lifted.
    public var setBytesPerSecond: Double? { state.withLock { $0.bytesPerSecond } }

    /// Ends the limit for good: for a guest that is paused, or an end that must come soon.
    public func lift() {
        state.withLock { $0.isLifted = true }
    }
}
