internal import ArgumentParser
internal import Glibc
internal import MigrationReport
internal import PosixIO
internal import ReportDrawing

/// `cloudnet watch`: the migrations that leave this host now.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the running migrations of this host.",
        discussion: """
            TIME LEFT is '-' while the guest changes faster than the link takes it. PAUSE is how \
            long the guest would pause if it were suspended now. \
            CLOUDNET_RUN_DIRECTORY names another folder than /run/cloudnet.
            """
    )

    @Flag(help: "Show them one time and end.")
    var once = false

    func run() throws {
        let running = RunningMigrations()
        let terminal = Terminal(STDOUT_FILENO)
        var shownLineCount = 0
        while true {
            let histories = Self.histories(running)
            if let size = terminal?.size {
                // The last line of the terminal stays free, so that nothing scrolls.
                let lines = WatchTable.lines(histories, columnCount: size.columnCount)
                    .prefix(max(size.lineCount - 1, 1))
                try Terminal.redraw(Array(lines), over: min(shownLineCount, size.lineCount - 1))
                shownLineCount = lines.count
            } else {
                try Terminal.write(WatchTable.plainLines(histories).map { $0 + "\n" }.joined())
            }
            if once { return }
            sleep(1)
        }
    }

    /// Those whose process still runs; a file that cannot be read belongs to nobody.
    private static func histories(_ running: RunningMigrations) -> [MigrationHistory] {
        running.processes().compactMap { pid in
            guard let history = try? ReportFiles.readEnds(path: running.path(ofProcess: pid)) else {
                return nil
            }
            let ticks = history.start?.processStartTicks ?? 0
            return RunningMigrations.isRunning(pid, startTicks: ticks) ? history : nil
        }
    }
}
