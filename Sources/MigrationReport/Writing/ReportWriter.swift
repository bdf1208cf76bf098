internal import Glibc

/// Writes to one destination for as long as that works; it never throws and never waits.
///
/// The first failure ends it, with one warning for the log. Not for several threads at a time.
public final class ReportWriter {
    private let warn: (String) -> Void
    private var output: (any ReportOutput)?
    private var hasWarnedOfDroppedLines = false

    /// Opens a destination.
    ///
    /// - Parameters:
    ///   - destination: What to open.
    ///   - warn: Takes a line for the log if something does not work.
    public convenience init(_ destination: ReportDestination, warn: @escaping (String) -> Void) {
        self.init(warn: warn) {
            switch destination {
            case .file(let path): try ReportFile(path: path)
            case .socket(let path): try ReportSocket(path: path)
            }
        }
    }

    init(warn: @escaping (String) -> Void, opening open: () throws -> any ReportOutput) {
        // A limit on the size of files, or a pipe without a reader, is an error of a write and not
        // the end of this process.
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        self.warn = warn
        attempt { output = try open() }
    }

    /// Whether there is still somewhere to write to.
    public var isWorking: Bool { output != nil }

    /// Writes a line.
    public func write(_ line: ReportLine) {
        guard let output else { return }
        attempt { try output.write(try JSONLineEncoder.line(of: line)) }
        if output.hasDroppedLines, !hasWarnedOfDroppedLines {
            hasWarnedOfDroppedLines = true
            warn("the reader of the report is slow: some records are left out")
        }
    }

    /// Closes the destination.
    public func finish() {
        output?.finish()
        output = nil
    }

    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            output = nil
            warn("\(error); the report ends here, the migration goes on")
        }
    }
}
