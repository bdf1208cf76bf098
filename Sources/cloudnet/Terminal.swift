internal import Glibc
internal import PosixIO

/// A terminal in which a few lines are drawn again and again.
///
/// Nothing is switched on in it that would have to be switched off: after Ctrl-C, or any other end,
/// it is as it was, and the last lines stay.
struct Terminal {
    private let descriptor: Int32

    /// `nil` if the descriptor is no terminal that can move its cursor.
    init?(_ descriptor: Int32) {
        let kind = getenv("TERM").map { String(cString: $0) } ?? ""
        guard isatty(descriptor) == 1, !kind.isEmpty, kind != "dumb" else { return nil }
        self.descriptor = descriptor
    }

    /// Its size now; a usual one if it does not say.
    var size: (columnCount: Int, lineCount: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 1
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Draws lines in the place of as many that were drawn before.
    static func redraw(_ lines: [String], over lineCount: Int) throws {
        let back = lineCount > 0 ? "\u{1b}[\(lineCount)F" : ""
        try write(back + "\u{1b}[J" + lines.map { $0 + "\n" }.joined())
    }

    /// Writes to standard output at once.
    static func write(_ text: String) throws {
        var sink = FileDescriptorSink(STDOUT_FILENO, name: "standard output")
        try Array(text.utf8).withUnsafeBytes { try sink.write([$0]) }
    }
}
