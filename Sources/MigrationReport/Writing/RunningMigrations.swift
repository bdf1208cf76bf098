internal import Glibc
internal import PosixIO

/// The folder in which each running save helper keeps a file `PID.jsonl`, for `cloudnet watch`.
///
/// A file outlives a helper that was killed; the next helper removes it.
public struct RunningMigrations: Sendable {
    /// The folder.
    public let directory: String

    /// Where the folder is if nothing else is said.
    public static let standardDirectory = "/run/cloudnet"

    /// Names the folder: `CLOUDNET_RUN_DIRECTORY`, or the standard one.
    public init() {
        let configured = getenv("CLOUDNET_RUN_DIRECTORY").map { String(cString: $0) } ?? ""
        directory = configured.isEmpty ? Self.standardDirectory : configured
    }

    /// Names another folder.
    public init(directory: String) {
        self.directory = directory
    }

    /// The file of a process.
    public func path(ofProcess pid: Int32) -> String { "\(directory)/\(pid).jsonl" }

    /// The processes that have a file, running or not, in ascending order; the first thousand.
    public func processes() -> [Int32] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var result: [Int32] = []
        while result.count < Self.processCountMaximum, let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(Self.suffix) else { continue }
            let number = name.dropLast(Self.suffix.count)
            guard let pid = Int32(number), pid > 0, String(pid) == number else { continue }
            result.append(pid)
        }
        return result.sorted()
    }

    /// Whether a file is of a process that still runs.
    ///
    /// - Parameters:
    ///   - pid: The process.
    ///   - startTicks: `StartRecord.processStartTicks` of the file; zero is no evidence.
    /// - Returns: Whether there is such a process.
    public static func isRunning(_ pid: Int32, startTicks: UInt64) -> Bool {
        guard let ticks = ProcessStart.ticks(ofProcess: pid) else { return false }
        return startTicks == 0 || ticks == startTicks
    }

    /// Makes the file of a process, and the folder if need be; removes those of dead processes.
    func makeFile(ofProcess pid: Int32) throws -> any ReportOutput {
        if mkdir(directory, 0o755) != 0, errno != EEXIST {
            throw SystemError("make '\(directory)'", errorNumber: errno)
        }
        for other in processes() where ProcessStart.ticks(ofProcess: other) == nil {
            removeFile(ofProcess: other)
        }
        return try ReportFile(making: path(ofProcess: pid))
    }

    func removeFile(ofProcess pid: Int32) { unlink(path(ofProcess: pid)) }

    private static let suffix = ".jsonl"
    private static let processCountMaximum = 1000
}
