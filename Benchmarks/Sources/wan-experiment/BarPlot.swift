import ReportSupport

/// One quantity as bars: a row of panels per guest, a column per link, a bar per method.
struct BarPlot {
    /// What tells it from the other plots of the experiment.
    var key: String { quantity.key }

    private let quantity: Quantity
    private let results: ResultFile

    private static let nameWidth = 140.0
    private static let panelWidth = 250.0
    private static let headHeight = 44.0
    private static let barPitch = 18.0

    static func all(of results: ResultFile) -> [BarPlot] {
        [Quantity.total, .pause, .bytes].map { BarPlot(quantity: $0, results: results) }
    }

    var text: String {
        let panelHeight = Self.headHeight + Self.barPitch * Double(MigrationMethod.all.count)
        var graphic = ScalableGraphic(
            width: Self.nameWidth + Self.panelWidth * Double(WanLink.all.count),
            height: 24 + panelHeight * Double(results.guests.count),
            title: "Medians of \(quantity.title) by guest, link and method"
        )
        graphic.label(quantity.title, 8, 18, anchor: .start, size: 14)
        for (row, guest) in results.guests.enumerated() {
            let top = 24 + panelHeight * Double(row)
            for (index, method) in MigrationMethod.all.enumerated() {
                let y = top + Self.headHeight + Self.barPitch * Double(index)
                graphic.label(method.title, Self.nameWidth - 8, y + 11, anchor: .end)
            }
            for (column, link) in WanLink.all.enumerated() {
                let left = Self.nameWidth + Self.panelWidth * Double(column)
                draw(guest, link, left: left, top: top, on: &graphic)
            }
        }
        return graphic.text
    }

    private func draw(
        _ guest: String,
        _ link: WanLink,
        left: Double,
        top: Double,
        on graphic: inout ScalableGraphic
    ) {
        let bars = MigrationMethod.all.map { method in
            (family: method.family, spread: Spread(results[guest, link, method], quantity))
        }
        guard let most = bars.compactMap({ $0.spread?.most }).max(), most > 0 else { return }
        // Room for the number at the end of the longest bar.
        let scale = (Self.panelWidth - 60) / most
        graphic.label("\(guest), \(link.title)", left, top + 32, anchor: .start, size: 12)
        for (index, bar) in bars.enumerated() {
            guard let spread = bar.spread else { continue }
            let y = top + Self.headHeight + Self.barPitch * Double(index)
            graphic.bar(
                x: left,
                y: y,
                width: spread.median * scale,
                height: Self.barPitch - 5,
                className: bar.family == .cloudnet ? "cloudnet" : "general"
            )
            let middle = y + (Self.barPitch - 5) / 2
            graphic.line(left + spread.least * scale, middle, left + spread.most * scale, middle)
            let end = left + max(spread.median, spread.most) * scale
            graphic.label(spread.median.threeDigits, end + 5, y + 10, anchor: .start)
        }
    }
}
