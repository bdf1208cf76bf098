/// What a finished round was.
///
/// QEMU's names count from the beginning of the migration, as QEMU does; ours count this round.
public struct RoundRecord: Codable, Equatable, Sendable {
    /// The round, from 1.
    public var round = 1
    /// Whether the guest was paused in this round, which is then the last one.
    public var isPaused = false
    /// How long the round took, in milliseconds, until the link had taken all of it.
    public var roundMilliseconds = 0
    /// Bytes of this round on the link.
    public var roundByteCount = 0
    /// Bytes that libxenguest wrote in this round: what the stock helper would have sent.
    public var stockByteCount = 0
    /// The pages of this round by class.
    public var pages = PageCounts()
    /// How many batches of this round were treated in which way: `off`, a level of zstd, `whole`.
    public var treatments: [String: Int] = [:]
    /// What was decided after the round: `next`, `stop` or `abort`.
    public var verdict = "next"
    /// Why, in one line.
    public var reason = ""

    /// Bytes on the link since the beginning.
    public var transferredByteCount = 0
    /// Bytes of memory that are to be sent (again) after this round.
    public var remainingByteCount = 0
    /// Bytes of the guest's memory.
    public var totalByteCount = 0
    /// Pages of zeros since the beginning.
    public var duplicatePageCount = 0
    /// Other pages since the beginning.
    public var normalPageCount = 0
    /// Pages that the guest changed per second of this round.
    public var dirtyPagesPerSecond = 0
    /// Megabits per second on the link in this round.
    public var megabitsPerSecond = 0.0
    /// How often the dirty pages were asked for: the number of rounds so far.
    public var dirtySyncCount = 1
    /// The pause if the guest were suspended now, in milliseconds; none if it cannot be estimated.
    public var expectedPauseMilliseconds: Int?
    /// Milliseconds since the migration began.
    public var totalMilliseconds = 0

    /// A round in which nothing happened.
    public init() {}

    // `pages` is flat in the record: `ReportRecord` sees to that.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case round
        case isPaused = "paused"
        case roundMilliseconds = "round-time"
        case roundByteCount = "round-bytes"
        case stockByteCount = "stock-bytes"
        case treatments
        case verdict
        case reason
        case transferredByteCount = "transferred"
        case remainingByteCount = "remaining"
        case totalByteCount = "total"
        case duplicatePageCount = "duplicate"
        case normalPageCount = "normal"
        case dirtyPagesPerSecond = "dirty-pages-rate"
        case megabitsPerSecond = "mbps"
        case dirtySyncCount = "dirty-sync-count"
        case expectedPauseMilliseconds = "expected-downtime"
        case totalMilliseconds = "total-time"
    }
}
