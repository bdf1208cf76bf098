/// One line of a report: an object of JSON with all fields side by side (`docs/report.md`).
public struct ReportLine: Equatable, Sendable {
    /// When it was written, in seconds since 1970.
    public var time: Double
    /// Which migration it is about.
    public var migration: MigrationIdentity
    /// What it says.
    public var record: ReportRecord

    /// Makes a line.
    public init(time: Double, migration: MigrationIdentity, record: ReportRecord) {
        self.time = time
        self.migration = migration
        self.record = record
    }
}

/// What a line says; the case's name is the field `event`.
public enum ReportRecord: Equatable, Sendable {
    /// A migration begins.
    case start(StartRecord)
    /// A round is over.
    case round(RoundRecord)
    /// A round goes on.
    case progress(ProgressRecord)
    /// The migration is over.
    case end(EndRecord)
}

extension ReportLine: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case event, time
    }

    enum Event: String, Codable {
        case start, round, progress, end
    }

    /// Reads all fields of one flat object; unknown fields are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        time = try container.decode(Double.self, forKey: .time)
        migration = try MigrationIdentity(from: decoder)
        switch try container.decode(Event.self, forKey: .event) {
        case .start:
            record = .start(try StartRecord(from: decoder))
        case .round:
            var round = try RoundRecord(from: decoder)
            round.pages = try PageCounts(from: decoder)
            record = .round(round)
        case .progress:
            record = .progress(try ProgressRecord(from: decoder))
        case .end:
            var end = try EndRecord(from: decoder)
            end.pages = try PageCounts(from: decoder)
            record = .end(end)
        }
    }

    /// Writes all fields into one flat object.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(event, forKey: .event)
        try container.encode(time, forKey: .time)
        try migration.encode(to: encoder)
        switch record {
        case .start(let start):
            try start.encode(to: encoder)
        case .round(let round):
            try round.encode(to: encoder)
            try round.pages.encode(to: encoder)
        case .progress(let progress):
            try progress.encode(to: encoder)
        case .end(let end):
            try end.encode(to: encoder)
            try end.pages.encode(to: encoder)
        }
    }

    private var event: Event {
        switch record {
        case .start: .start
        case .round: .round
        case .progress: .progress
        case .end: .end
        }
    }
}
