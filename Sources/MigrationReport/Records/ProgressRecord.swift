/// How far a migration is in the middle of a round; only in the files for `cloudnet watch`.
public struct ProgressRecord: Codable, Equatable, Sendable {
    /// `setup` or `active`.
    public var status = MigrationStatus.active
    /// The round, from 1.
    public var round = 1
    /// Whether the guest is paused.
    public var isPaused = false
    /// Bytes on the link since the beginning.
    public var transferredByteCount = 0
    /// Bytes of memory that are still to be sent, as far as is known.
    public var remainingByteCount = 0
    /// Bytes of the guest's memory.
    public var totalByteCount = 0
    /// Megabits per second on the link, lately.
    public var megabitsPerSecond = 0.0
    /// Pages that the guest changes per second, as of the last round; none in the first.
    public var dirtyPagesPerSecond: Int?
    /// How often the dirty pages were asked for: the number of this round.
    public var dirtySyncCount = 1
    /// The pause if the guest were suspended now, in milliseconds; none if it cannot be estimated.
    public var expectedPauseMilliseconds: Int?
    /// Milliseconds until the end; none if the guest changes faster than the link takes it.
    public var remainingMilliseconds: Int?
    /// Milliseconds since the migration began.
    public var totalMilliseconds = 0

    /// The progress of a migration that has sent nothing.
    public init() {}

    /// What an estimate says, as a record.
    public init(_ estimate: ProgressEstimate, totalMilliseconds: Int) {
        round = estimate.round
        isPaused = estimate.isPaused
        transferredByteCount = estimate.transferredByteCount
        remainingByteCount = estimate.remainingByteCount
        totalByteCount = estimate.totalByteCount
        megabitsPerSecond = estimate.megabitsPerSecond
        dirtyPagesPerSecond = estimate.dirtyPagesPerSecond.map { Int(clamping: $0) }
        dirtySyncCount = estimate.round
        expectedPauseMilliseconds = estimate.expectedPauseSeconds.map { Int(milliseconds: $0) }
        remainingMilliseconds = estimate.remainingSeconds.map { Int(milliseconds: $0) }
        self.totalMilliseconds = totalMilliseconds
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case status
        case round
        case isPaused = "paused"
        case transferredByteCount = "transferred"
        case remainingByteCount = "remaining"
        case totalByteCount = "total"
        case megabitsPerSecond = "mbps"
        case dirtyPagesPerSecond = "dirty-pages-rate"
        case dirtySyncCount = "dirty-sync-count"
        case expectedPauseMilliseconds = "expected-downtime"
        case remainingMilliseconds = "remaining-time"
        case totalMilliseconds = "total-time"
    }
}
