/// The first record of a migration.
public struct StartRecord: Codable, Equatable, Sendable {
    /// Always `setup`.
    public var status = MigrationStatus.setup
    /// Bytes of the guest's memory.
    public var totalByteCount: Int
    /// The format of the stream: `extended` or `stock`.
    public var stream: String
    /// What decides when to stop: `smart`, `stock` or `observe`.
    public var policy: String
    /// The longest pause that the operator accepts, in milliseconds; none if there is no limit.
    public var pauseLimitMilliseconds: Int?
    /// The bandwidth limit in bytes per second; none if there is no limit.
    public var bandwidthLimit: Int?
    /// When the process started, in clock ticks since the host's boot; zero if it is not known.
    ///
    /// It tells a process from a later one with the same number.
    public var processStartTicks: UInt64

    /// Describes a migration that begins; `processStartTicks` is that of this process by default.
    public init(
        totalByteCount: Int,
        stream: String,
        policy: String,
        pauseLimitMilliseconds: Int? = nil,
        bandwidthLimit: Int? = nil,
        processStartTicks: UInt64 = ProcessStart.ticks(ofProcess: nil) ?? 0
    ) {
        self.totalByteCount = totalByteCount
        self.stream = stream
        self.policy = policy
        self.pauseLimitMilliseconds = pauseLimitMilliseconds
        self.bandwidthLimit = bandwidthLimit
        self.processStartTicks = processStartTicks
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case status
        case totalByteCount = "total"
        case stream
        case policy
        case pauseLimitMilliseconds = "downtime-limit"
        case bandwidthLimit = "max-bandwidth"
        case processStartTicks = "process-start"
    }
}
