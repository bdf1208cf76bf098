public import MigrationReport

/// All that a report says about one migration.
public struct MigrationHistory: Equatable, Sendable {
    /// Which migration.
    public let migration: MigrationIdentity
    /// When the first record was written, in seconds since 1970.
    public let startTime: Double
    /// How it began; none if the report begins later.
    public private(set) var start: StartRecord?
    /// The rounds that are over, at most `roundCountMaximum`.
    public private(set) var rounds: [RoundRecord] = []
    /// How far it got since then.
    public private(set) var progress: ProgressRecord?
    /// How it ended; none if it runs or its helper was killed.
    public private(set) var end: EndRecord?

    /// How many rounds of a migration count.
    public static let roundCountMaximum = 10_000

    /// Begins with a migration's first record.
    public init(_ line: ReportLine) {
        migration = line.migration
        startTime = line.time
        add(line.record)
    }

    /// Whether a line goes on with this migration.
    func continues(with line: ReportLine) -> Bool {
        if case .start = line.record { return false }
        return end == nil && line.migration == migration
    }

    mutating func add(_ record: ReportRecord) {
        switch record {
        case .start(let start):
            self.start = start
        case .round(let round):
            if rounds.count < Self.roundCountMaximum { rounds.append(round) }
            progress = nil
        case .progress(let progress):
            self.progress = progress
        case .end(let end):
            self.end = end
            progress = nil
        }
    }

    /// Whether an operator means this one: by its name, number or UUID.
    public func isOf(domain: String) -> Bool {
        domain == migration.name || domain == String(migration.domid)
            || domain.lowercased() == migration.uuid.lowercased()
    }
}
