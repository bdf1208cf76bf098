import ReportSupport

/// What is compared between methods.
struct Quantity: Sendable {
    let key: String
    /// What it is, with its unit.
    let title: String
    let value: @Sendable (MigrationMeasurement) -> Double

    static let total = Quantity(key: "total", title: "total time (s)") { $0.totalSeconds }
    static let pause = Quantity(key: "pause", title: "pause (s)") { $0.pauseSeconds }
    static let bytes = Quantity(key: "bytes", title: "MB over the link") {
        Double($0.byteCount) / 1e6
    }
}

extension Spread {
    /// That of several runs; nothing without runs.
    init?(_ measurements: [MigrationMeasurement], _ quantity: Quantity) {
        self.init(measurements.map(quantity.value))
    }
}
