internal import Glibc
internal import PosixIO
internal import ReportDrawing

/// Files with reports, and what is drawn of them.
enum ReportFiles {
    /// Reads a whole report; `-` is standard input.
    static func read(path: String) throws -> ReportReader {
        let isInput = path == "-"
        let descriptor = isInput ? STDIN_FILENO : try openForReading(path)
        defer { if !isInput { close(descriptor) } }
        var reader = ReportReader()
        try readAll(descriptor, path: path) { reader.read($0) }
        reader.finish()
        return reader
    }

    /// Reads what `cloudnet watch` needs of a report that may be long: its beginning and its end.
    ///
    /// - Returns: The last migration in it, if there is any.
    static func readEnds(path: String) throws -> MigrationHistory? {
        // A pipe in the place of a file must not hold us up.
        let descriptor = try openForReading(path, O_NONBLOCK)
        defer { close(descriptor) }
        var reader = ReportReader()
        let endByteCount = off_t(2 * ReportReader.lineByteCountMaximum)
        let size = lseek(descriptor, 0, SEEK_END)
        var buffer = [UInt8](repeating: 0, count: Int(endByteCount))
        var count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        if size <= endByteCount {
            reader.read(buffer.prefix(count))
        } else {
            // Only the first line of the beginning, which says when the process started.
            reader.read(buffer.prefix(count).prefix { $0 != lineFeed } + [lineFeed])
            count = pread(descriptor, &buffer, buffer.count, size - endByteCount)
            guard count > 0 else { return nil }
            reader.read(buffer.prefix(count).drop { $0 != lineFeed })
        }
        return reader.histories.last
    }

    /// Writes a drawing; none is standard output.
    static func write(_ text: String, path: String?) throws {
        let descriptor =
            if let path {
                try retryingOnInterrupt("open '\(path)'") {
                    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
                }
            } else {
                STDOUT_FILENO
            }
        let name = path.map { "'\($0)'" } ?? "standard output"
        var sink = FileDescriptorSink(descriptor, name: name)
        do {
            try Array(text.utf8).withUnsafeBytes { try sink.write([$0]) }
            guard path != nil else { return }
            try retryingOnInterrupt("close \(name)") { close(descriptor) }
        } catch {
            // Half a picture is none.
            if let path, isRegularFile(descriptor) { unlink(path) }
            throw error
        }
    }

    private static let lineFeed = UInt8(ascii: "\n")

    private static func openForReading(_ path: String, _ flags: Int32 = 0) throws -> Int32 {
        try retryingOnInterrupt("open '\(path)'") {
            open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags)
        }
    }

    private static func readAll(
        _ descriptor: Int32,
        path: String,
        _ body: (ArraySlice<UInt8>) -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try retryingOnInterrupt("read '\(path)'") {
                Glibc.read(descriptor, &buffer, buffer.count)
            }
            guard count > 0 else { return }
            body(buffer.prefix(count))
        }
    }
}
