import Foundation

/// Bytes against CPU time for all methods, a panel per stream, as SVG.
///
/// The colours follow the reader's light or dark theme.
struct Plot {
    let report: Report

    private static let panelWidth = 520.0
    private static let height = 400.0

    var text: String {
        let width = Self.panelWidth * Double(report.streams.count)
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.fixed(0)) \
            \(Self.height.fixed(0))" font-family="sans-serif" font-size="11">
            <title>Bytes sent against CPU time of the encoder</title>
            <style>
            .paper { fill: #ffffff }
            text { fill: #24292f }
            .grid { stroke: #d0d7de }
            .cloudnet { fill: #0969da }
            .general { fill: #bc4c00 }
            .limit { fill: #57606a }
            @media (prefers-color-scheme: dark) {
            .paper { fill: #0d1117 }
            text { fill: #e6edf3 }
            .grid { stroke: #3d444d }
            .cloudnet { fill: #58a6ff }
            .general { fill: #f0883e }
            .limit { fill: #9198a1 }
            }
            </style>
            <rect class="paper" width="100%" height="100%"/>

            """
        for (index, stream) in report.streams.enumerated() {
            text +=
                PlotPanel(
                    title: stream.file.name,
                    points: stream.onOneCore.map(PlotPoint.init),
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
