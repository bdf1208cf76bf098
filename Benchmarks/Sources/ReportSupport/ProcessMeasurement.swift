internal import Foundation
public import Glibc

/// What a process took.
public struct ProcessMeasurement {
    /// From the start of the process to its end.
    public var wallSeconds: Double
    /// In user mode and in the kernel, all threads together.
    public var cpuSeconds: Double

    /// What a process took, or some value in the middle of several.
    public init(wallSeconds: Double, cpuSeconds: Double) {
        self.wallSeconds = wallSeconds
        self.cpuSeconds = cpuSeconds
    }
}

/// A process that was started and whose end is still to come.
public struct RunningProcess: Sendable {
    /// Its number.
    public let identifier: pid_t

    private let arguments: [String]
    private let start: ContinuousClock.Instant
    private let errorPath: String

    /// Starts a program that is looked for in `PATH`.
    ///
    /// - Parameters:
    ///   - arguments: The program and its arguments.
    ///   - descriptors: What becomes its descriptors, by their numbers there, from 3 up only if all
    ///     of ours are larger. Without standard input it gets an empty one.
    ///   - environment: All of its environment; by default that of this process.
    ///   - errorPath: The file where what it writes to standard error is kept for a failure.
    /// - Throws: `ReportError` if there is no such program.
    public init(
        _ arguments: [String],
        descriptors: [Int32: Int32],
        environment: [String: String]? = nil,
        errorPath: String
    ) throws {
        self.arguments = arguments
        self.errorPath = errorPath
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions,
            STDERR_FILENO,
            errorPath,
            O_WRONLY | O_CREAT | O_TRUNC,
            0o600
        )
        // In this order, no number is overwritten before it was used.
        for (theirs, ours) in descriptors.sorted(by: { $0.key < $1.key }) {
            posix_spawn_file_actions_adddup2(&actions, ours, theirs)
        }
        // What ignores a broken pipe here would ignore it there too.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var strings = arguments.map { strdup($0) } + [nil]
        var variables =
            (environment ?? ProcessInfo.processInfo.environment)
            .map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in strings + variables { free(string) } }
        var identifier: pid_t = 0
        start = ContinuousClock.now
        let status = posix_spawnp(
            &identifier,
            arguments[0],
            &actions,
            &attributes,
            &strings,
            &variables
        )
        guard status == 0 else { throw ReportError.cannotStart(arguments[0], errorNumber: status) }
        self.identifier = identifier
    }

    /// Waits for the end of the process.
    ///
    /// - Throws: `ReportError` if it failed.
    public func finish() throws -> ProcessMeasurement {
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
public func measure(
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
    return try RunningProcess(
        pinning + arguments,
        descriptors: [STDOUT_FILENO: output],
        errorPath: work.path("standard-error")
    ).finish()
}
