import ArrivalModel
import Glibc
import ReportSupport

/// Where the members of a group are over time, and what clients notice: a panel for each method.
struct ArrivalPlot {
    let scenario: GroupScenario
    let results: GroupResults

    private static let nameWidth = 90.0
    private static let plotWidth = 640.0
    private static let barPitch = 18.0
    private static let responseHeight = 70.0
    private static let gap = 10.0
    private static let headHeight = 40.0
    private static let binSeconds = 0.5
    /// The ends of the scale of response times, in seconds.
    private static let responses = 0.01...10.0

    var text: String {
        let panels = GroupMethod.all.compactMap { method in
            medianRun(method).map { (method, $0) }
        }
        let seconds = panels.map { $0.1.totalSeconds }.max() ?? 1
        let memberHeight = Self.barPitch * Double(scenario.members.count)
        let panelHeight = Self.headHeight + memberHeight + Self.gap + Self.responseHeight + 30
        var graphic = ScalableGraphic(
            width: Self.nameWidth + Self.plotWidth + 40,
            height: 30 + panelHeight * Double(panels.count),
            title: "Where the members of a group are over time, by method"
        )
        let legend = [
            ("at the source", "general"), ("paused", "limit"), ("at the target", "cloudnet"),
        ]
        for (index, (name, className)) in legend.enumerated() {
            let x = Self.nameWidth + 130 * Double(index)
            graphic.bar(x: x, y: 8, width: 12, height: 12, className: className)
            graphic.label(name, x + 18, 18, anchor: .start)
        }
        for (index, (method, run)) in panels.enumerated() {
            draw(
                run,
                method,
                top: 30 + panelHeight * Double(index),
                pixelsPerSecond: Self.plotWidth / seconds,
                on: &graphic
            )
        }
        return graphic.text
    }

    /// The run with the median total time.
    private func medianRun(_ method: GroupMethod) -> GroupMeasurement? {
        let runs = results.runs(scenario, method).sorted { $0.totalSeconds < $1.totalSeconds }
        return runs.isEmpty ? nil : runs[runs.count / 2]
    }

    private func draw(
        _ run: GroupMeasurement,
        _ method: GroupMethod,
        top: Double,
        pixelsPerSecond: Double,
        on graphic: inout ScalableGraphic
    ) {
        func x(_ seconds: Double) -> Double { Self.nameWidth + seconds * pixelsPerSecond }
        graphic.label(method.title, Self.nameWidth, top + 28, anchor: .start, size: 13)
        let total = run.totalSeconds
        for (index, member) in run.members.enumerated() {
            let y = top + Self.headHeight + Self.barPitch * Double(index)
            graphic.label(member.name, Self.nameWidth - 8, y + 11, anchor: .end)
            let parts = [
                (0, member.suspendSeconds, "general"),
                (member.suspendSeconds, member.resumeSeconds, "limit"),
                (member.resumeSeconds, total, "cloudnet"),
            ]
            for (from, to, className) in parts where to > from {
                graphic.bar(
                    x: x(from),
                    y: y,
                    width: (to - from) * pixelsPerSecond,
                    height: Self.barPitch - 5,
                    className: className
                )
            }
        }
        let base =
            top + Self.headHeight + Self.barPitch * Double(run.members.count)
            + Self.gap + Self.responseHeight
        for (seconds, name) in [(0.01, "10 ms"), (0.1, "100 ms"), (1, "1 s"), (10, "10 s")] {
            let y = base - height(seconds)
            graphic.line(x(0), y, x(total), y)
            graphic.label(name, Self.nameWidth - 8, y + 4, anchor: .end)
        }
        graphic.label("\(total.fixed(1)) s", x(total), base + 14, anchor: .end)
        guard let arrival = run.arrival else { return }
        for start in stride(from: 0, to: total, by: Self.binSeconds) {
            let end = min(start + Self.binSeconds, total)
            let mean = GroupMeasurement.model.responseSeconds(
                during: start..<end,
                every: GroupMeasurement.requestInterval,
                arrival
            ).mean
            graphic.bar(
                x: x(start),
                y: base - height(mean),
                width: max((end - start) * pixelsPerSecond - 1, 0.5),
                height: height(mean),
                className: "limit"
            )
        }
    }

    /// How high a response time stands over the axis.
    private func height(_ seconds: Double) -> Double {
        let (least, most) = (Self.responses.lowerBound, Self.responses.upperBound)
        let clamped = min(max(seconds, least), most)
        return Self.responseHeight * log(clamped / least) / log(most / least)
    }
}
