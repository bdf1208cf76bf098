internal import Synchronization

/// How fast a stream may go out, which any thread may change while it does.
public final class BandwidthLimit: Sendable {
    private let state: Mutex<State>

    private struct State {
        var bytesPerSecond: Double?
        var isLifted = false
    }

    /// A limit of at least a byte per second, or none.
    public init(bytesPerSecond: Double?) {
        state = Mutex(State(bytesPerSecond: TokenBucket.usable(bytesPerSecond)))
    }

    /// The limit in force: none once it is lifted, whatever is set.
    public var bytesPerSecond: Double? {
        get { state.withLock { $0.isLifted ? nil : $0.bytesPerSecond } }
        set { state.withLock { $0.bytesPerSecond = TokenBucket.usable(newValue) } }
    }

    /// The limit that was set, even if it is lifted.
    public var setBytesPerSecond: Double? { state.withLock { $0.bytesPerSecond } }

    /// Ends the limit for good: for a guest that is paused, or an end that must come soon.
    public func lift() {
        state.withLock { $0.isLifted = true }
    }
}
