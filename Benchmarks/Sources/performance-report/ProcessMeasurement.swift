import Foundation
import Glibc

/// What a process took.
struct ProcessMeasurement {
    /// From the start of the process to its end.
    var wallSeconds: Double
    /// In user mode and in the kernel, all threads together.
    var cpuSeconds: Double
}

/// A process that was started and whose end is still to come.
struct RunningProcess {
    private let identifier: pid_t
    private let arguments: [String]
    private let start: ContinuousClock.Instant
    private let errorPath: String

    /// Starts a program that is looked for in `PATH`.
    ///
    /// - Parameters:
    ///   - arguments: The program and its arguments.
    ///   - output: The descriptor that becomes its standard output.
    ///   - work: The folder where what it writes to standard error is kept for a failure.
    /// - Throws: `ReportError` if there is no such program.
    init(_ arguments: [String], output: Int32, work: WorkFolder) throws {
        self.arguments = arguments
        errorPath = work.path("standard-error")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(
            &actions,
            STDERR_FILENO,
            errorPath,
            O_WRONLY | O_CREAT | O_TRUNC,
            0o600
        )
        var strings = arguments.map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var identifier: pid_t = 0
        start = ContinuousClock.now
        let status = posix_spawnp(&identifier, arguments[0], &actions, nil, &strings, environ)
        guard status == 0 else { throw ReportError.cannotStart(arguments[0], errorNumber: status) }
        self.identifier = identifier
    }

    /// Waits for the end of the process.
    ///
    /// - Throws: `ReportError` if it failed.
    func finish() throws -> ProcessMeasurement {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) < 0, errno == EINTR {}
        let wall = ContinuousClock.now - start
        guard status == 0 else {
            let message = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
            throw ReportError.processFailed(arguments, message: message)
        }
        return ProcessMeasurement(
            wallSeconds: wall / .seconds(1),
            cpuSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds
        )
    }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

/// Runs a program to its end, with its output to a file.
///
/// - Parameters:
///   - arguments: The program and its arguments.
///   - outputPath: Where its standard output goes.
///   - isPinned: Whether all its threads share one core.
///   - work: Where what it writes to standard error is kept for a failure.
/// - Returns: What it took.
/// - Throws: `ReportError` if it failed.
func measure(
    _ arguments: [String],
    outputPath: String = "/dev/null",
    isPinned: Bool = true,
    work: WorkFolder
) throws -> ProcessMeasurement {
    let output = open(outputPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw ReportError.cannotOpen(outputPath) }
    defer { close(output) }
    let lastCore = sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1
    let pinning = isPinned ? ["taskset", "-c", "\(lastCore)"] : []
    return try RunningProcess(pinning + arguments, output: output, work: work).finish()
}

/// Runs a program to its end and returns its peak resident memory in bytes.
///
/// `wait4` counts the memory of the parent too; the program `time` is a small one.
func peakMemoryByteCount(
    _ arguments: [String],
    outputPath: String,
    isPinned: Bool,
    work: WorkFolder
) throws -> Int {
    let path = work.path("peak-memory")
    let time = ["time", "-f", "%M", "-o", path]
    _ = try measure(
        time + arguments,
        outputPath: outputPath,
        isPinned: isPinned,
        work: work
    )
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let kibibytes = Int(text.split(separator: "\n").last ?? "") else {
        throw ReportError.processFailed(time + arguments, message: text)
    }
    return kibibytes << 10
}
