extension Collection where Element == Double {
    /// The middle one, or the mean of the two in the middle.
    var median: Double {
        let sorted = sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension Collection where Element == ProcessMeasurement {
    /// The medians of each quantity.
    var median: ProcessMeasurement {
        ProcessMeasurement(
            wallSeconds: map(\.wallSeconds).median,
            cpuSeconds: map(\.cpuSeconds).median
        )
    }
}
