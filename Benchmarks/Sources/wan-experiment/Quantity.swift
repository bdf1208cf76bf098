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
    static let coreShare = Quantity(key: "core-share", title: "part of a core") {
        $0.sourceCPUSeconds / $0.totalSeconds
    }
}

extension ResultFile {
    /// The median of what a method took; nothing if it was not measured.
    func median(
        _ quantity: Quantity,
        _ guest: String,
        _ link: WanLink,
        _ method: MigrationMethod
    ) -> Double? {
        Spread(self[guest, link, method], quantity)?.median
    }

    /// How much more (or less, below zero) all together took than another method, by the medians.
    func change(
        _ quantity: Quantity,
        _ guest: String,
        _ link: WanLink,
        from base: MigrationMethod
    ) -> Double? {
        guard let whole = median(quantity, guest, link, .whole),
            let base = median(quantity, guest, link, base), base > 0
        else { return nil }
        return whole / base - 1
    }
}

extension Spread {
    /// That of several runs; nothing without runs.
    init?(_ measurements: [MigrationMeasurement], _ quantity: Quantity) {
        self.init(measurements.map(quantity.value))
    }
}
