import Glibc

/// Why there is no report.
enum ReportError: Error, CustomStringConvertible {
    case cannotStart(String, errorNumber: Int32)
    case processFailed([String], message: String)
    case cannotOpen(String)
    case cannotRead(errorNumber: Int32)
    case noStreams(String)
    case decodedDiffers(method: String, stream: String)
    case kernelResultsIncomplete(String)

    var description: String {
        switch self {
        case .cannotStart(let program, let errorNumber):
            "Cannot start '\(program)': \(String(cString: strerror(errorNumber)))."
        case .processFailed(let arguments, let message):
            "'\(arguments.joined(separator: " "))' failed: \(message)"
        case .cannotOpen(let path): "Cannot open '\(path)'."
        case .cannotRead(let errorNumber):
            "Cannot read from a process: \(String(cString: strerror(errorNumber)))."
        case .noStreams(let folder): "No *.libxc in '\(folder)'."
        case .decodedDiffers(let method, let stream):
            "What '\(method)' made of '\(stream)' decodes to something else."
        case .kernelResultsIncomplete(let name): "The benchmarks gave no result for '\(name)'."
        }
    }
}
