internal import MigrationReport

/// The picture of one migration.
public struct ReportDrawing {
    let history: MigrationHistory
    let totals: Totals

    static let width = 960.0
    static let margin = 32.0
    static let innerWidth = width - 2 * margin

    /// Draws what is known of a migration; it may be anything that `ReportReader` lets through.
    public init(_ history: MigrationHistory) {
        self.history = history
        totals = Totals(history)
    }

    /// The picture as a file of its own.
    public var svg: String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + element("<style>\n\(Style.sheet)\n</style>\n")
    }

    /// The picture as an element; `head` comes first in it.
    func element(_ head: String) -> String {
        var canvas = SVGCanvas()
        var y = drawHeading(on: &canvas)
        y = drawCards(on: &canvas, y: y + 20)
        if history.rounds.isEmpty {
            y += 36
            canvas.text("No round was finished.", x: Self.margin, y: y, size: 14)
        } else {
            y = Timeline(history).draw(on: &canvas, y: y + 36)
            y = RoundTable(history).draw(on: &canvas, y: y + 40)
        }
        y = drawReasons(on: &canvas, y: y + 30)
        let height = Units.decimal(y + 20, digits: 0)
        let width = Units.decimal(Self.width, digits: 0)
        let title = SVGCanvas.escaped(VisibleText.clean(self.title))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="cn" viewBox="0 0 \(width) \(height)" \
            width="\(width)" height="\(height)" role="img">
            <title>\(title)</title>
            \(head)<rect class="paper" width="100%" height="100%"/>
            \(canvas.elements)</svg>

            """
    }

    var title: String {
        let migration = history.migration
        return "Migration of "
            + (migration.name.isEmpty ? "domain \(migration.domid)" : migration.name)
    }

    private func drawHeading(on canvas: inout SVGCanvas) -> Double {
        let statusWidth = 130.0
        canvas.text(
            title,
            x: Self.margin,
            y: 48,
            size: 22,
            style: "strong",
            width: Self.innerWidth - statusWidth
        )
        canvas.text(
            totals.status,
            x: Self.width - Self.margin,
            y: 48,
            size: 16,
            style: "strong " + totals.statusStyle,
            anchor: .end,
            width: statusWidth
        )
        let migration = history.migration
        let parts = [
            UTCTime.text(secondsSince1970: history.startTime), "domain \(migration.domid)",
            VisibleText.clean(migration.uuid, scalarCountMaximum: 36), "process \(migration.pid)",
            history.start.map { "\($0.stream) stream, policy \($0.policy)" } ?? "",
        ]
        canvas.text(
            parts.filter { !$0.isEmpty }.joined(separator: " · "),
            x: Self.margin,
            y: 72,
            size: 12,
            style: "soft",
            width: Self.innerWidth * 1.1
        )
        return 72
    }

    private func drawCards(on canvas: inout SVGCanvas, y: Double) -> Double {
        let gap = 12.0
        let height = 84.0
        let cards = totals.cards
        let width = (Self.innerWidth - gap * Double(cards.count - 1)) / Double(cards.count)
        for (index, card) in cards.enumerated() {
            let x = Self.margin + Double(index) * (width + gap)
            canvas.rectangle("card", x: x, y: y, width: width, height: height, radius: 6)
            let inner = width - 24
            canvas.text(card.name, x: x + 12, y: y + 22, size: 12, style: "soft", width: inner)
            canvas.text(card.value, x: x + 12, y: y + 48, size: 21, style: "strong", width: inner)
            canvas.text(card.note, x: x + 12, y: y + 70, size: 11, style: "soft", width: inner)
        }
        return y + height
    }

    private func drawReasons(on canvas: inout SVGCanvas, y: Double) -> Double {
        let reasons = Reasons.lines(history)
        guard !reasons.isEmpty else { return y - 30 }
        canvas.text("Decisions", x: Self.margin, y: y, size: 14, style: "strong")
        var y = y
        for reason in reasons {
            y += 20
            canvas.text(reason.rounds, x: Self.margin, y: y, style: "soft", width: 125)
            canvas.text(reason.text, x: Self.margin + 128, y: y, width: Self.innerWidth - 128)
        }
        return y
    }
}
