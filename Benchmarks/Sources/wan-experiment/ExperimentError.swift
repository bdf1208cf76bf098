import ReportSupport

/// Why a migration, or the experiment, has no result.
enum ExperimentError: Error, CustomStringConvertible {
    case noStreams(String)
    case failed(Scenario, messages: [String])
    case silent(Scenario, seconds: Int)
    case malformedResult(path: String, line: String)
    case nothingSelected([String])
    case noResults(path: String)
    case unfinished(failureCount: Int)

    var description: String {
        switch self {
        case .noStreams(let folder): "No *.libxc in '\(folder)'."
        case .failed(let scenario, let messages):
            "\(scenario): failed: \(messages.joined(separator: "; "))"
        case .silent(let scenario, let seconds):
            "\(scenario): neither helper said anything for \(seconds) s."
        case .malformedResult(let path, let line): "'\(path)' has a line '\(line)'."
        case .nothingSelected(let patterns):
            "Nothing matches \(patterns.joined(separator: ", "))."
        case .noResults(let path): "There are no results in '\(path)' to draw."
        case .unfinished(let failureCount): "\(failureCount) migrations failed."
        }
    }
}
