internal import Glibc
internal import PosixIO

/// A file to which whole lines are appended, one `write` each.
final class ReportFile: ReportOutput {
    private let descriptor: Int32
    private let path: String

    /// Opens a file for appending and makes it if need be.
    ///
    /// - Throws: `SystemError`; a pipe that nobody reads is one.
    init(path: String) throws {
        self.path = path
        // Not blocking: for pipes and devices; a regular file never waits in this sense.
        descriptor = try retryingOnInterrupt("open '\(path)'") {
            open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o644)
        }
        try? endDamagedLine()
    }

    /// Makes a file, over an old one of that name but never through a link.
    ///
    /// - Throws: `SystemError`.
    init(making path: String) throws {
        self.path = path
        unlink(path)
        descriptor = try retryingOnInterrupt("make '\(path)'") {
            open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        }
    }

    deinit { close(descriptor) }

    /// Writes a line.
    ///
    /// - Throws: `SystemError`; after that the file may end in the middle of a line.
    func write(_ line: [UInt8]) throws {
        let written = try line.withUnsafeBytes { line in
            try retryingOnInterrupt("write '\(path)'") {
                Glibc.write(descriptor, line.baseAddress, line.count)
            }
        }
        guard written == line.count else {
            throw SystemError("write '\(path)'", errorNumber: ENOSPC)
        }
    }

    func finish() {}

    /// A disk that was full may have cut off the last line of an earlier report.
    private func endDamagedLine() throws {
        let reader = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard reader >= 0 else { return }
        defer { close(reader) }
        var last: UInt8 = 0
        let end = lseek(reader, 0, SEEK_END)
        guard end > 0, pread(reader, &last, 1, end - 1) == 1, last != UInt8(ascii: "\n") else {
            return
        }
        try write([UInt8(ascii: "\n")])
    }
}
