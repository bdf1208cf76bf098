internal import MigrationReport

/// The running migrations as lines of text.
public enum WatchTable {
    /// A table for a terminal.
    ///
    /// - Parameters:
    ///   - histories: One per migration.
    ///   - columnCount: The width of the terminal.
    /// - Returns: Lines that are not longer than that, in printable ASCII.
    public static func lines(_ histories: [MigrationHistory], columnCount: Int) -> [String] {
        guard !histories.isEmpty else { return [cut(nothing, columnCount)] }
        let rows = histories.map { WatchRow($0) }
        let nameWidth = max(columnCount - fixedWidth, 8)
        let header =
            "DOMAIN".padded(to: nameWidth) + "  ROUND     SENT   MBIT/S  TO SEND"
            + "    TIME LEFT     PAUSE"
        let lines = rows.map { row in
            VisibleText.terminal(row.name, columnCount: nameWidth).padded(to: nameWidth)
                + "  " + row.round.padded(left: 5) + row.sent.padded(left: 9)
                + row.rate.padded(left: 9) + row.remaining.padded(left: 9)
                + row.timeLeft.padded(left: 13) + row.pause.padded(left: 10)
        }
        return ([header] + lines).map { cut($0, columnCount) }
    }

    /// One line per migration for a log or pipe.
    ///
    /// - Parameter histories: One per migration.
    /// - Returns: Lines in printable ASCII.
    public static func plainLines(_ histories: [MigrationHistory]) -> [String] {
        guard !histories.isEmpty else { return [nothing] }
        return histories.map { history in
            let row = WatchRow(history)
            let name = VisibleText.terminal(row.name, columnCount: 100)
            return "\(name): round \(row.round), \(row.sent) sent, \(row.rate) Mbit/s, "
                + "\(row.remaining) to send, time left \(row.timeLeft), pause \(row.pause)"
        }
    }

    private static let nothing = "no migration is running"
    private static let fixedWidth = 2 + 5 + 9 + 9 + 9 + 13 + 10

    private static func cut(_ line: String, _ columnCount: Int) -> String {
        String(line.prefix(columnCount))
    }
}

/// What is shown of a migration; `-` for what is not known.
private struct WatchRow {
    let name: String
    var round = "-"
    var sent = "-"
    var rate = "-"
    var remaining = "-"
    var timeLeft = "-"
    var pause = "-"

    init(_ history: MigrationHistory) {
        let migration = history.migration
        name = migration.name.isEmpty ? "domain \(migration.domid)" : migration.name
        if let progress = history.progress {
            round = String(progress.round)
            sent = Units.bytes(progress.transferredByteCount)
            rate = Units.threeDigits(progress.megabitsPerSecond)
            remaining = Units.bytes(progress.remainingByteCount)
            if let time = progress.remainingMilliseconds {
                timeLeft = Units.time(milliseconds: time)
            }
            if let time = progress.expectedPauseMilliseconds {
                pause = Units.time(milliseconds: time)
            }
            if progress.isPaused { pause = "paused" }
        } else if let last = history.rounds.last {
            round = String(last.round)
            sent = Units.bytes(last.transferredByteCount)
            rate = Units.threeDigits(last.megabitsPerSecond)
            remaining = Units.bytes(last.remainingByteCount)
            if let time = last.expectedPauseMilliseconds { pause = Units.time(milliseconds: time) }
            if last.isPaused { pause = "paused" }
        } else if let start = history.start {
            remaining = Units.bytes(start.totalByteCount)
        }
        if let end = history.end { timeLeft = end.status.rawValue }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 0))
    }

    fileprivate func padded(left width: Int) -> String {
        String(repeating: " ", count: max(width - count, 1)) + self
    }
}
