/// The last record of a migration: all of it together.
public struct EndRecord: Codable, Equatable, Sendable {
    /// `completed`, `failed` or `cancelled`.
    public var status = MigrationStatus.completed
    /// Why it failed or when it stopped, in one line.
    public var reason = ""
    /// Bytes on the link.
    public var transferredByteCount = 0
    /// Bytes of memory that were not sent; zero if it was completed.
    public var remainingByteCount = 0
    /// Bytes of the guest's memory.
    public var totalByteCount = 0
    /// Bytes that libxenguest wrote: what the stock helper would have sent.
    public var stockByteCount = 0
    /// All pages by class.
    public var pages = PageCounts()
    /// How many batches were treated in which way: `off`, a level of zstd, `whole`.
    public var treatments: [String: Int] = [:]
    /// Pages of zeros.
    public var duplicatePageCount = 0
    /// Other pages.
    public var normalPageCount = 0
    /// Megabits per second on the link, on average.
    public var megabitsPerSecond = 0.0
    /// How often the dirty pages were asked for: the number of rounds.
    public var dirtySyncCount = 0
    /// How long this host had the guest paused, in milliseconds; none if it never was.
    public var pauseMilliseconds: Int?
    /// How long the save waited for other domains of its application, with the guest running, in
    /// milliseconds; none if it never did.
    public var heldMilliseconds: Int?
    /// Milliseconds before the first round.
    public var setupMilliseconds = 0
    /// Milliseconds from the beginning to the end.
    public var totalMilliseconds = 0

    /// The end of a migration that did nothing.
    public init() {}

    // `pages` is flat in the record: `ReportRecord` sees to that.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case status
        case reason
        case transferredByteCount = "transferred"
        case remainingByteCount = "remaining"
        case totalByteCount = "total"
        case stockByteCount = "stock-bytes"
        case treatments
        case duplicatePageCount = "duplicate"
        case normalPageCount = "normal"
        case megabitsPerSecond = "mbps"
        case dirtySyncCount = "dirty-sync-count"
        case pauseMilliseconds = "downtime"
        case heldMilliseconds = "held-time"
        case setupMilliseconds = "setup-time"
        case totalMilliseconds = "total-time"
    }
}
