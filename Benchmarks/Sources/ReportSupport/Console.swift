internal import Foundation

/// What the report is at, for whoever waits for it.
public enum Console {
    /// Writes a line to standard error, with the program's name in front.
    public static func note(_ text: String) {
        let program = CommandLine.arguments[0].split(separator: "/").last ?? ""
        FileHandle.standardError.write(Data("\(program): \(text)\n".utf8))
    }
}
