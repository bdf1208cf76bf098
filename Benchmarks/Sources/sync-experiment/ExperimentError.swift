/// Why a group, or the experiment, has no result.
enum ExperimentError: Error, CustomStringConvertible {
    case failed(GroupRun, messages: [String])
    case silent(GroupRun, seconds: Int)
    case noCoordinator(message: String)
    case noGuest(String)
    case nothingSelected([String])
    case noResults(path: String)
    case unfinished(failureCount: Int)

    var description: String {
        switch self {
        case .failed(let run, let messages): "\(run): failed: \(messages.joined(separator: "; "))"
        case .silent(let run, let seconds): "\(run): no helper said anything for \(seconds) s."
        case .noCoordinator(let message): "The coordinator does not listen: \(message)"
        case .noGuest(let name): "There is no stream \(name).libxc."
        case .nothingSelected(let patterns): "Nothing matches \(patterns.joined(separator: ", "))."
        case .noResults(let path): "There are no results in '\(path)' to draw."
        case .unfinished(let failureCount): "\(failureCount) groups failed."
        }
    }
}

/// One of several times that a group moves by a method.
struct GroupRun: Hashable, Sendable, CustomStringConvertible {
    let scenario: String
    let method: String
    let number: Int

    var description: String { "\(scenario)/\(method), run \(number)" }

    /// Whether a text such as "tiers/hold" means it; `*` stands for any part.
    func matches(_ pattern: String) -> Bool {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && zip(parts, [scenario, method]).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
