internal import MigrationReport

/// Two charts over the time: the rate of the link, and the memory that is to be sent.
struct Timeline {
    private let spans: [Span]
    private let time: Axis
    private let rate: Axis
    private let memory: Axis

    /// A round on the time axis.
    private struct Span {
        let start: Double
        let end: Double
        let megabitsPerSecond: Double
        let megabytes: Double
        let isPaused: Bool

        func joined(with next: Span) -> Span {
            Span(
                start: start,
                end: next.end,
                megabitsPerSecond: max(megabitsPerSecond, next.megabitsPerSecond),
                megabytes: max(megabytes, next.megabytes),
                isPaused: next.isPaused
            )
        }
    }

    private static let left = ReportDrawing.margin + 52
    private static let right = ReportDrawing.width - ReportDrawing.margin
    private static let chartHeight = 120.0

    init(_ history: MigrationHistory) {
        var spans: [Span] = []
        for round in history.rounds {
            let end = max(Double(round.totalMilliseconds) / 1000, spans.last?.end ?? 0)
            let start = max(end - Double(round.roundMilliseconds) / 1000, spans.last?.end ?? 0)
            spans.append(
                Span(
                    start: start,
                    end: end,
                    megabitsPerSecond: round.megabitsPerSecond,
                    megabytes: Double(round.pages.total) * Double(Measures.pageByteCount) / 1e6,
                    isPaused: round.isPaused
                )
            )
        }
        self.spans = spans
        let total = Double(history.end?.totalMilliseconds ?? 0) / 1000
        time = Axis(largest: max(total, spans.last?.end ?? 0), markCount: 12, isExact: true)
        rate = Axis(largest: spans.map(\.megabitsPerSecond).max() ?? 0, markCount: 4)
        memory = Axis(largest: spans.map(\.megabytes).max() ?? 0, markCount: 4)
    }

    /// Draws both charts from `y` on.
    ///
    /// - Returns: Where they end.
    func draw(on canvas: inout SVGCanvas, y: Double) -> Double {
        heading("Rate of the link", "Mbit/s; each area is what a round sent", on: &canvas, y: y)
        let rateTop = y + 16
        let memoryTop = rateTop + Self.chartHeight + 50
        drawFrame(rate, on: &canvas, top: rateTop)
        heading(
            "Memory to send",
            "MB; falls while a round is sent, and what the guest changed is the next round",
            on: &canvas,
            y: memoryTop - 16
        )
        drawFrame(memory, on: &canvas, top: memoryTop)
        var rateLine: [(x: Double, y: Double)] = []
        for span in visibleSpans {
            let (x1, x2) = (x(span.start), x(span.end))
            let height = rate.position(span.megabitsPerSecond) * Self.chartHeight
            let base = rateTop + Self.chartHeight
            canvas.polygon(
                "rate",
                [(x1, base), (x1, base - height), (x2, base - height), (x2, base)]
            )
            rateLine += [(x1, base - height), (x2, base - height)]
            let foot = memoryTop + Self.chartHeight
            let top = foot - memory.position(span.megabytes) * Self.chartHeight
            canvas.polygon("memory", [(x1, foot), (x1, top), (x2, foot)])
            canvas.polyline("memory-line", [(x1, foot), (x1, top), (x2, foot)])
        }
        canvas.polyline("rate-line", rateLine)
        drawPause(on: &canvas, rateTop: rateTop, memoryTop: memoryTop)
        let bottom = memoryTop + Self.chartHeight
        for mark in time.marks {
            canvas.line("axis", x1: x(mark), y1: bottom, x2: x(mark), y2: bottom + 4)
            canvas.text(
                time.label(mark) + " s",
                x: x(mark),
                y: bottom + 18,
                size: 11,
                style: "soft",
                anchor: .middle
            )
        }
        return bottom + 18
    }

    /// The rounds, of which those on the same half pixel are drawn as one, as high as the highest.
    private var visibleSpans: [Span] {
        var result: [Span] = []
        for span in spans {
            if let before = result.last, x(span.end) - x(before.start) < 0.5 {
                result[result.count - 1] = before.joined(with: span)
            } else {
                result.append(span)
            }
        }
        return result
    }

    private func x(_ seconds: Double) -> Double {
        Self.left + time.position(seconds) * (Self.right - Self.left)
    }

    private func heading(_ name: String, _ unit: String, on canvas: inout SVGCanvas, y: Double) {
        let x = ReportDrawing.margin
        canvas.text(name, x: x, y: y, size: 14, style: "strong")
        canvas.text(unit, x: x + 140, y: y, size: 12, style: "soft")
    }

    private func drawFrame(_ axis: Axis, on canvas: inout SVGCanvas, top: Double) {
        for mark in axis.marks {
            let y = top + (1 - axis.position(mark)) * Self.chartHeight
            canvas.line(mark == 0 ? "axis" : "grid", x1: Self.left, y1: y, x2: Self.right, y2: y)
            canvas.text(
                axis.label(mark),
                x: Self.left - 8,
                y: y + 4,
                size: 11,
                style: "soft",
                anchor: .end,
                width: 76
            )
        }
    }

    private func drawPause(on canvas: inout SVGCanvas, rateTop: Double, memoryTop: Double) {
        guard let pause = spans.first(where: \.isPaused) else { return }
        let (x1, x2) = (x(pause.start), x(pause.end))
        // A pause that is shorter than a pixel is to be seen nevertheless.
        let width = max(x2 - x1, 2)
        for top in [rateTop, memoryTop] {
            canvas.rectangle(
                "pause",
                x: min(x1, Self.right - width),
                y: top,
                width: width,
                height: Self.chartHeight
            )
        }
        canvas.text(
            "guest paused",
            x: x2,
            y: rateTop - 4,
            size: 11,
            style: "pause-text",
            anchor: x2 - Self.left > 100 ? .end : .start
        )
    }
}
