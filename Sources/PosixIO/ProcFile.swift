internal import Glibc

/// The small text files with which the kernel answers questions.
public enum ProcFile {
    /// What follows `label` in the first line that starts with it; `nil` if there is none.
    public static func value(after label: String, in path: String) -> Substring? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 16384)
        let byteCount = fread(&text, 1, text.count, file)
        return String(decoding: text.prefix(byteCount), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(label) }
            .map { $0.dropFirst(label.count) }
    }
}
