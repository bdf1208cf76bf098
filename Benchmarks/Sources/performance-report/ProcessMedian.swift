internal import ReportSupport

extension Collection where Element == ProcessMeasurement {
    /// The medians of each quantity.
    var median: ProcessMeasurement {
        ProcessMeasurement(
            wallSeconds: map(\.wallSeconds).median,
            cpuSeconds: map(\.cpuSeconds).median
        )
    }
}
