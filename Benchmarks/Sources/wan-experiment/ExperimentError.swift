import ReportSupport

/// Why a migration, or the experiment, has no result.
enum ExperimentError: Error, CustomStringConvertible {
    case failed(Scenario, messages: [String])
    case silent(Scenario, seconds: Int)
    case nothingSelected([String])
    case noResults(path: String)
    case unfinished(failureCount: Int)

    var description: String {
        switch self {
        case .failed(let scenario, let messages):
            "\(scenario): failed: \(messages.joined(separator: "; "))"
        case .silent(let scenario, let seconds):
            "\(scenario): neither helper said anything for \(seconds) s."
        case .nothingSelected(let patterns):
            "Nothing matches \(patterns.joined(separator: ", "))."
        case .noResults(let path): "There are no results in '\(path)' to draw."
        case .unfinished(let failureCount): "\(failureCount) migrations failed."
        }
    }
}
