internal import MigrationReport

/// A row per round: its pages by class as a bar, and its figures.
struct RoundTable {
    private let history: MigrationHistory
    private let totals: Totals

    private static let rowHeight = 22.0
    /// With more rounds, the middle is left out.
    private static let rowCountMaximum = 60
    private static let firstRowCount = 10

    /// The right edges of the columns with figures, and where the bar is.
    private enum Column {
        static let round = 70.0
        static let time = 144.0
        static let pages = 226.0
        static let bar = 246.0
        static let barEnd = 526.0
        static let sent = 602.0
        static let share = 664.0
        static let rate = 752.0
        static let dirty = 840.0
        static let verdict = 856.0
    }

    init(_ history: MigrationHistory) {
        self.history = history
        totals = Totals(history)
    }

    /// Draws the legend and the table from `y` on.
    ///
    /// - Returns: Where it ends.
    func draw(on canvas: inout SVGCanvas, y: Double) -> Double {
        canvas.text("Rounds", x: ReportDrawing.margin, y: y, size: 14, style: "strong")
        drawLegend(on: &canvas, y: y)
        var y = y + 28
        drawHead(on: &canvas, y: y)
        canvas.line(
            "axis",
            x1: ReportDrawing.margin,
            y1: y + 6,
            x2: ReportDrawing.width - ReportDrawing.margin,
            y2: y + 6
        )
        y += 6
        for (index, row) in rows.enumerated() {
            if index.isMultiple(of: 2) == false {
                canvas.rectangle(
                    "stripe",
                    x: ReportDrawing.margin,
                    y: y,
                    width: ReportDrawing.innerWidth,
                    height: Self.rowHeight
                )
            }
            draw(row, on: &canvas, y: y)
            y += Self.rowHeight
        }
        canvas.line(
            "axis",
            x1: ReportDrawing.margin,
            y1: y,
            x2: ReportDrawing.width - ReportDrawing.margin,
            y2: y
        )
        draw(totalRow, on: &canvas, y: y)
        return y + Self.rowHeight
    }

    /// The texts of a row.
    private struct Row {
        var round = ""
        var time = ""
        var pages = PageCounts()
        var sent = ""
        var share = ""
        var rate = ""
        var dirty = ""
        var verdict = ""
        var gap = ""
    }

    private var rows: [Row] {
        let rounds = history.rounds
        guard rounds.count > Self.rowCountMaximum else { return rounds.map(row) }
        let lastCount = Self.rowCountMaximum - Self.firstRowCount
        let left = rounds.count - Self.rowCountMaximum
        let gap = Row(gap: "\(Units.grouped(left)) rounds are left out here")
        return rounds.prefix(Self.firstRowCount).map(row) + [gap]
            + rounds.suffix(lastCount).map(row)
    }

    private func row(_ round: RoundRecord) -> Row {
        Row(
            round: Units.grouped(round.round),
            time: Units.time(milliseconds: round.roundMilliseconds),
            pages: round.pages,
            sent: Units.bytes(round.roundByteCount),
            share: Totals.percent(round.roundByteCount, of: round.stockByteCount),
            rate: Units.threeDigits(round.megabitsPerSecond),
            dirty: Units.grouped(round.remainingByteCount / Measures.pageByteCount),
            verdict: round.isPaused ? "paused" : round.verdict
        )
    }

    private var totalRow: Row {
        Row(
            round: "all",
            time: Units.time(milliseconds: totals.totalMilliseconds),
            pages: totals.pages,
            sent: Units.bytes(totals.transferredByteCount),
            share: Totals.percent(totals.transferredByteCount, of: totals.stockByteCount),
            rate: Units.threeDigits(totals.megabitsPerSecond)
        )
    }

    private func drawHead(on canvas: inout SVGCanvas, y: Double) {
        for (name, x) in [
            ("round", Column.round), ("time", Column.time), ("pages", Column.pages),
            ("sent", Column.sent), ("of stock", Column.share), ("Mbit/s", Column.rate),
            ("dirty pages", Column.dirty),
        ] {
            canvas.text(name, x: x, y: y, size: 11, style: "soft", anchor: .end)
        }
        canvas.text("their classes", x: Column.bar, y: y, size: 11, style: "soft")
        canvas.text("then", x: Column.verdict, y: y, size: 11, style: "soft")
    }

    private func draw(_ row: Row, on canvas: inout SVGCanvas, y: Double) {
        let baseline = y + 15.5
        guard row.gap.isEmpty else {
            canvas.text(row.gap, x: Column.bar, y: baseline, style: "soft")
            return
        }
        for (text, x, width) in [
            (row.round, Column.round, 60.0), (row.time, Column.time, 90),
            (Units.grouped(row.pages.total), Column.pages, 96), (row.sent, Column.sent, 80),
            (row.share, Column.share, 70), (row.rate, Column.rate, 90),
            (row.dirty, Column.dirty, 100),
        ] {
            canvas.text(
                text,
                x: x,
                y: baseline,
                style: "number",
                anchor: .end,
                width: width
            )
        }
        let verdictWidth = ReportDrawing.width - ReportDrawing.margin - Column.verdict + 12
        let style = row.verdict == "paused" ? "pause-text" : "soft"
        canvas.text(
            row.verdict,
            x: Column.verdict,
            y: baseline,
            style: style,
            width: verdictWidth
        )
        drawBar(row.pages, on: &canvas, y: y + 4)
    }

    private func drawBar(_ pages: PageCounts, on canvas: inout SVGCanvas, y: Double) {
        guard pages.total > 0 else { return }
        var x = Column.bar
        for pageClass in PageClass.allCases {
            let count = pageClass.count(in: pages)
            guard count > 0 else { continue }
            let width = (Column.barEnd - Column.bar) * Double(count) / Double(pages.total)
            canvas.rectangle(
                pageClass.rawValue,
                x: x,
                y: y,
                width: width,
                height: Self.rowHeight - 8,
                title: "\(pageClass.rawValue): \(Units.grouped(count)) pages, "
                    + Totals.percent(count, of: pages.total)
            )
            x += width
        }
    }

    private func drawLegend(on canvas: inout SVGCanvas, y: Double) {
        var x = Column.bar
        for pageClass in PageClass.allCases where pageClass.count(in: totals.pages) > 0 {
            canvas.rectangle(pageClass.rawValue, x: x, y: y - 10, width: 11, height: 11, radius: 2)
            canvas.text(pageClass.rawValue, x: x + 16, y: y)
            x += 40 + 7.5 * Double(pageClass.rawValue.count)
        }
    }
}
