import Foundation

/// Bytes against CPU time for all methods, a panel per stream, as SVG.
///
/// The colours follow the reader's light or dark theme.
struct Plot {
    let report: Report

    private static let panelWidth = 460.0
    private static let height = 400.0

    var text: String {
        let width = Self.panelWidth * Double(report.streams.count)
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.fixed(0)) \
            \(Self.height.fixed(0))" font-family="sans-serif" font-size="11">
            <title>Bytes sent against CPU time of the encoder</title>
            <style>
            svg { --ink: #24292f; --faint: #d0d7de; --ours: #0969da; --general: #bc4c00; \
            background: #ffffff }
            @media (prefers-color-scheme: dark) {
            svg { --ink: #e6edf3; --faint: #3d444d; --ours: #58a6ff; --general: #f0883e; \
            background: #0d1117 }
            }
            text { fill: var(--ink) }
            .grid { stroke: var(--faint) }
            .cloudnet { fill: var(--ours); stroke: var(--ours) }
            .general { fill: var(--general); stroke: var(--general) }
            .limit { fill: var(--ink); stroke: var(--ink) }
            .levels { fill: none; stroke: var(--ours); stroke-opacity: 0.5 }
            </style>

            """
        for (index, stream) in report.streams.enumerated() {
            text +=
                PlotPanel(
                    title: stream.file.name,
                    points: stream.methods.map(PlotPoint.init),
                    left: Self.panelWidth * Double(index),
                    width: Self.panelWidth,
                    height: Self.height
                ).text
        }
        return text + "</svg>\n"
    }
}

/// A method in the plot.
struct PlotPoint {
    let name: String
    let family: Method.Family
    let seconds: Double
    let megabytes: Double

    init(_ measurement: StreamMeasurement) {
        name = measurement.method.name
        family = measurement.method.family
        seconds = measurement.encode.process.cpuSeconds
        megabytes = Double(measurement.encodedByteCount) / 1e6
    }
}
