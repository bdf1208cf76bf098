/// Pieces of sentences for operators.
enum OperatorText {
    private static let listCountMaximum = 3
    private static let reasonByteCountMaximum = 512

    /// Names, as many as one reads.
    static func list(_ names: [String]) -> String {
        guard names.count > listCountMaximum + 1 else { return names.joined(separator: ", ") }
        return names.prefix(listCountMaximum).joined(separator: ", ")
            + " and \(names.count - listCountMaximum) others"
    }

    /// A time, to tenths where it is short.
    static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e9 else { return "\(seconds) s" }
        let tenths = Int((seconds * 10).rounded())
        return seconds < 10 && tenths % 10 != 0
            ? "\(tenths / 10).\(abs(tenths % 10)) s" : "\(Int(seconds.rounded())) s"
    }

    /// What a member said, so that it cannot look like more than one line of a log.
    static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            guard line.utf8.count < reasonByteCountMaximum else { return line + "..." }
            line.unicodeScalars.append(scalar.isPrintable ? scalar : " ")
        }
        return line
    }
}
