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

/// The value in the middle of several runs, and those at the ends.
struct Spread {
    let median: Double
    let least: Double
    let most: Double

    /// Nothing without runs.
    init?(_ measurements: [MigrationMeasurement], _ quantity: Quantity) {
        let values = measurements.map(quantity.value)
        guard let least = values.min(), let most = values.max() else { return nil }
        median = values.median
        self.least = least
        self.most = most
    }
}
