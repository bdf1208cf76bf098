import Testing

@testable import MigrationReport
@testable import ReportDrawing

struct WatchTableTests {
    private func history(name: String = "shop", _ records: [ReportRecord]) -> MigrationHistory {
        var history = MigrationHistory(Example.line(.start(Example.start), name: name))
        for record in records { history.add(record) }
        return history
    }

    private var progress: ProgressRecord {
        var progress = ProgressRecord()
        progress.round = 3
        progress.transferredByteCount = 53_600_000
        progress.remainingByteCount = 20_480_000
        progress.megabitsPerSecond = 80
        progress.remainingMilliseconds = 125_000
        progress.expectedPauseMilliseconds = 480
        return progress
    }

    @Test func aRowSaysHowFarItIs() {
        var endless = progress
        endless.remainingMilliseconds = nil
        var paused = progress
        paused.isPaused = true
        paused.remainingMilliseconds = 48
        let lines = WatchTable.lines(
            [
                history([.progress(progress)]), history([.progress(endless)]),
                history([.progress(paused)]),
                history([.progress(progress), .round(Example.round)]),
                history([]),
            ],
            columnCount: 80
        )
        #expect(
            lines == [
                "DOMAIN                   ROUND     SENT   MBIT/S  TO SEND    TIME LEFT     PAUSE",
                "shop                         3  53.6 MB     80.0  20.5 MB    2 min 5 s    480 ms",
                "shop                         3  53.6 MB     80.0  20.5 MB            -    480 ms",
                "shop                         3  53.6 MB     80.0  20.5 MB        48 ms    paused",
                "shop                         2  53.2 MB     81.6  4.10 MB            -    paused",
                "shop                         -        -        -   268 MB            -         -",
            ]
        )
    }

    @Test(arguments: [0, 1, 20, 66, 80, 200])
    func noLineIsLongerThanTheTerminal(_ columnCount: Int) {
        var large = progress
        large.transferredByteCount = 1 << 50
        large.remainingMilliseconds = 1 << 50
        let name = String(repeating: "long-", count: 100)
        let lines = WatchTable.lines(
            [history(name: name, [.progress(large)]), history([])],
            columnCount: columnCount
        )
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.utf8.count <= columnCount })
        #expect(
            WatchTable.lines([], columnCount: columnCount).allSatisfy {
                $0.utf8.count <= columnCount
            }
        )
    }

    @Test func namesCannotCommandTheTerminal() {
        let name = "\u{1b}]0;x\u{7}\u{9b}2J\r\nü\u{202e}\u{7f}"
        let histories = [history(name: name, [.progress(progress)])]
        let lines =
            WatchTable.lines(histories, columnCount: 80) + WatchTable.plainLines(histories)
        for line in lines { #expect(line.utf8.allSatisfy { (0x20..<0x7f).contains($0) }) }
        #expect(lines[1].hasPrefix("?]0;x??2J????? "))
    }

    @Test func withoutATerminalThereAreSentences() {
        #expect(WatchTable.plainLines([]) == ["no migration is running"])
        #expect(
            WatchTable.plainLines([history([.progress(progress)])]) == [
                "shop: round 3, 53.6 MB sent, 80.0 Mbit/s, 20.5 MB to send, time left 2 min 5 s, "
                    + "pause 480 ms"
            ]
        )
    }
}
