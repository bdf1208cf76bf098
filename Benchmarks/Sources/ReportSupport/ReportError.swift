internal import Glibc

/// Why there is no report.
public enum ReportError: Error, CustomStringConvertible {
    /// A program is not there or cannot run.
    case cannotStart(String, errorNumber: Int32)
    /// A program ended with an error; the message is what it wrote.
    case processFailed([String], message: String)
    /// A file cannot be opened.
    case cannotOpen(String)
    /// What a process writes cannot be read.
    case cannotRead(errorNumber: Int32)
    /// A folder has no decompressed streams.
    case noStreams(String)
    /// A line of a file of results is none.
    case malformedResult(path: String, line: String)

    /// What happened.
    public var description: String {
        switch self {
        case .cannotStart(let program, let errorNumber):
            "Cannot start '\(program)': \(String(cString: strerror(errorNumber)))."
        case .processFailed(let arguments, let message):
            "'\(arguments.joined(separator: " "))' failed: \(message)"
        case .cannotOpen(let path): "Cannot open '\(path)'."
        case .cannotRead(let errorNumber):
            "Cannot read from a process: \(String(cString: strerror(errorNumber)))."
        case .noStreams(let folder): "No *.libxc in '\(folder)'."
        case .malformedResult(let path, let line): "'\(path)' has a line '\(line)'."
        }
    }
}
