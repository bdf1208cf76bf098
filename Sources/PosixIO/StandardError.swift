internal import Glibc

/// The terminal or log of whoever started this program.
public enum StandardError {
    /// Writes a line; a failure to do so has nobody to be told.
    public static func writeLine(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
