internal import Glibc
internal import Synchronization

/// Reports one migration to everybody who wants to know: the operator's report and the file for
/// `cloudnet watch`.
///
/// Any thread may use it. It never waits and never fails: what cannot be written is left out, with
/// one warning for the log, and the migration goes on.
public final class Reporter: Sendable {
    /// Which migration this is.
    public let migration: MigrationIdentity
    private let running: RunningMigrations
    private let outputs: Mutex<Outputs>

    private struct Outputs {
        var report: ReportWriter?
        var state: ReportWriter?
        var lastProgress: ContinuousClock.Instant?
    }

    /// Opens what is to be written.
    ///
    /// - Parameters:
    ///   - migration: What all records name.
    ///   - report: Where the operator wants the report; none for nowhere.
    ///   - running: The folder of running migrations.
    ///   - warn: Takes a line for the log; it must not use this reporter.
    public init(
        _ migration: MigrationIdentity,
        report: ReportDestination?,
        running: RunningMigrations = RunningMigrations(),
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.migration = migration
        self.running = running
        outputs = Mutex(
            Outputs(
                report: report.map { ReportWriter($0, warn: warn) },
                state: ReportWriter(warn: { warn("cloudnet watch: \($0)") }) {
                    try running.makeFile(ofProcess: migration.pid)
                }
            )
        )
    }

    deinit { finish() }

    /// How long it is at least from one progress record to the next.
    private static let progressInterval = Duration.seconds(1)

    /// Whether a progress record would be written now, which is once a second.
    public var wantsProgress: Bool {
        outputs.withLock { outputs in
            guard outputs.state?.isWorking == true else { return false }
            return outputs.lastProgress.map { .now - $0 >= Self.progressInterval } ?? true
        }
    }

    /// Writes a record; one of progress only to the file for `cloudnet watch`, and whenever it is
    /// asked to: see `wantsProgress`.
    public func write(_ record: ReportRecord) {
        let line = ReportLine(time: Self.secondsSince1970(), migration: migration, record: record)
        outputs.withLock { outputs in
            outputs.state?.write(line)
            if case .progress = record {
                outputs.lastProgress = .now
            } else {
                outputs.report?.write(line)
            }
        }
    }

    /// Ends it: the report is closed, the file for `cloudnet watch` removed.
    public func finish() {
        outputs.withLock { outputs in
            outputs.report?.finish()
            outputs.report = nil
            guard outputs.state != nil else { return }
            outputs.state?.finish()
            outputs.state = nil
            running.removeFile(ofProcess: migration.pid)
        }
    }

    /// To the millisecond.
    private static func secondsSince1970() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1000
    }
}
