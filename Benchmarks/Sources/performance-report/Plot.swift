import ReportSupport

/// Bytes against CPU time for all methods, a panel per stream.
struct Plot {
    let report: Report

    private static let panelWidth = 520.0
    private static let height = 400.0

    var text: String {
        var graphic = ScalableGraphic(
            width: Self.panelWidth * Double(report.streams.count),
            height: Self.height,
            title: "Bytes sent against CPU time of the encoder"
        )
        for (index, stream) in report.streams.enumerated() {
            PlotPanel(
                title: stream.file.name,
                points: stream.onOneCore.map(PlotPoint.init),
                left: Self.panelWidth * Double(index),
                width: Self.panelWidth,
                height: Self.height
            ).draw(on: &graphic)
        }
        return graphic.text
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
