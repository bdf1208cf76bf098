import ReportSupport

/// One stream: axes, points and their names.
struct PlotPanel {
    let title: String
    let points: [PlotPoint]
    /// Room on the right for the name of the rightmost point.
    private static let nameWidth = 115.0

    private let left: Double
    private let right: Double
    private let top: Double
    private let bottom: Double
    private let seconds: Axis
    private let megabytes: Axis

    init(title: String, points: [PlotPoint], left: Double, width: Double, height: Double) {
        self.title = title
        self.points = points
        self.left = left + 60
        right = left + width - Self.nameWidth
        top = 40
        bottom = height - 50
        seconds = Axis(covering: points.map(\.seconds), from: self.left, to: right)
        megabytes = Axis(covering: points.map(\.megabytes), from: bottom, to: top)
    }

    func draw(on graphic: inout ScalableGraphic) {
        graphic.label(title, (left + right) / 2, top - 16, anchor: .middle, size: 14)
        for tick in seconds.ticks {
            let x = seconds.position(of: tick)
            graphic.line(x, top, x, bottom)
            graphic.label(name(tick), x, bottom + 16, anchor: .middle)
        }
        for tick in megabytes.ticks {
            let y = megabytes.position(of: tick)
            graphic.line(left, y, right, y)
            graphic.label(name(tick), left - 6, y + 4, anchor: .end)
        }
        graphic.label(
            "CPU time to encode, one core (s)",
            (left + right) / 2,
            bottom + 36,
            anchor: .middle
        )
        graphic.label("MB sent", left - 6, top - 16, anchor: .end)
        drawMarks(on: &graphic)
    }

    /// The points with their names, none of which covers another.
    private func drawMarks(on graphic: inout ScalableGraphic) {
        var taken = points.map {
            Box(left: x($0) - 5, right: x($0) + 5, top: y($0) - 5, bottom: y($0) + 5)
        }
        for point in points {
            let (x, y) = (x(point), y(point))
            graphic.dot(x, y, className: point.family.className)
            let boxes = Box.around(x, y, textWidth: 6.2 * Double(point.name.count))
            let box =
                boxes.first { box in
                    box.left > left && box.right < right + Self.nameWidth
                        && !taken.contains { $0.overlaps(box) }
                } ?? boxes[0]
            taken.append(box)
            graphic.label(point.name, box.left, box.bottom - 3, anchor: .start)
        }
    }

    private func x(_ point: PlotPoint) -> Double { seconds.position(of: point.seconds) }

    private func y(_ point: PlotPoint) -> Double { megabytes.position(of: point.megabytes) }

    private func name(_ tick: Double) -> String {
        tick >= 1 ? tick.fixed(0) : tick.fixed(tick >= 0.1 ? 1 : 2)
    }
}

/// A part of the plot that a name or a mark covers.
private struct Box {
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double

    /// Where a name can stand beside a mark, the best place first.
    static func around(_ x: Double, _ y: Double, textWidth: Double) -> [Box] {
        let height = 14.0
        let starts = (right: x + 8, middle: x - textWidth / 2, left: x - 8 - textWidth)
        let beside: [(Double, Double)] = [(starts.right, y), (starts.left, y)]
        let near = [18.0, -18, 32, -32].flatMap { offset -> [(Double, Double)] in
            let middle = y + offset
            return [(starts.right, middle), (starts.middle, middle), (starts.left, middle)]
        }
        return (beside + near).map { left, middle in
            Box(
                left: left,
                right: left + textWidth,
                top: middle - height / 2,
                bottom: middle + height / 2
            )
        }
    }

    func overlaps(_ other: Box) -> Bool {
        left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
}

extension Method.Family {
    fileprivate var className: String {
        switch self {
        case .cloudnet: "cloudnet"
        case .general: "general"
        case .limit: "limit"
        }
    }
}
