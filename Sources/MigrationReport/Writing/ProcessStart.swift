internal import Glibc
internal import PosixIO

/// When a process started: together with its number, it is never that of another process.
public enum ProcessStart {
    /// Clock ticks from the host's boot to the start of a process.
    ///
    /// - Parameter pid: Its number; none for this process.
    /// - Returns: `nil` if there is no such process. Source: `proc_pid_stat(5)`, field 22.
    public static func ticks(ofProcess pid: Int32?) -> UInt64? {
        let directory = pid.map { String($0) } ?? "self"
        guard let line = ProcFile.value(after: "", in: "/proc/\(directory)/stat") else {
            return nil
        }
        // The name of the program, in parentheses, may hold blanks and parentheses.
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
