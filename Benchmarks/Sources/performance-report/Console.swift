import Foundation

/// What the report is at, for whoever waits for it.
enum Console {
    static func note(_ text: String) {
        FileHandle.standardError.write(Data("performance-report: \(text)\n".utf8))
    }
}
