/// What an operator wants of the end of pre-copy.
public struct StopRules: Equatable, Sendable {
    /// Who decides.
    public enum Policy: String, CaseIterable, Sendable {
        /// Smart Stop, and the budgets.
        case smart
        /// The rule of libxenguest; budgets are ignored.
        case stock
        /// The rule of libxenguest; what Smart Stop and the budgets would do is told.
        case observe
    }

    /// What to do when a budget cannot be met.
    public enum WhenUnmet: String, CaseIterable, Sendable {
        /// Pause where the pause is as short as it gets.
        case stop
        /// Go on until the pause fits; only the time or byte budget ends that, with a pause.
        case `continue`
        /// Give up; the guest stays at the source.
        case abort
    }

    /// Who decides.
    public var policy: Policy

    /// How long the guest may be paused for its last pages.
    ///
    /// That is from the first to the last byte of the final round. What libxl does before and after,
    /// such as moving the state of devices, comes on top and does not depend on when we stop.
    public var maxPauseMilliseconds: Double?

    /// How long the migration of memory may take, pause included.
    public var maxTimeSeconds: Double?

    /// How many bytes our stream may take, the final round included.
    public var maxByteCount: Int?

    /// What to do when a budget cannot be met.
    public var whenUnmet: WhenUnmet

    /// So many rounds are sent live before Smart Stop or `max-pause` may end it.
    public var minRounds: Int

    /// Rules; by default Smart Stop without budgets.
    public init(
        policy: Policy = .smart,
        maxPauseMilliseconds: Double? = nil,
        maxTimeSeconds: Double? = nil,
        maxByteCount: Int? = nil,
        whenUnmet: WhenUnmet = .stop,
        minRounds: Int = 1
    ) {
        self.policy = policy
        self.maxPauseMilliseconds = maxPauseMilliseconds
        self.maxTimeSeconds = maxTimeSeconds
        self.maxByteCount = maxByteCount
        self.whenUnmet = whenUnmet
        self.minRounds = minRounds
    }
}
