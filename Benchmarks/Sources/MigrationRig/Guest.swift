internal import Foundation
internal import ReportSupport

/// A guest: what it has in memory and writes to it comes from a recorded stream.
public struct Guest: Sendable {
    /// That of the stream.
    public let name: String
    /// The decompressed stream.
    public let streamPath: String
    /// When its recorded rounds began, if that was noted.
    public let roundTimesPath: String?

    /// The guests whose decompressed streams (*.libxc) are in a folder, in alphabetical order.
    ///
    /// Beside a stream there may be the times of its rounds (*.rounds.csv).
    ///
    /// - Throws: `ReportError.noStreams`, or what Foundation throws for a folder.
    public static func all(in folder: String) throws -> [Guest] {
        let suffix = ".libxc"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let guests = names.filter { $0.hasSuffix(suffix) }.map { fileName in
            let name = String(fileName.dropLast(suffix.count))
            let roundTimes = name + ".rounds.csv"
            return Guest(
                name: name,
                streamPath: "\(folder)/\(fileName)",
                roundTimesPath: names.contains(roundTimes) ? "\(folder)/\(roundTimes)" : nil
            )
        }
        guard !guests.isEmpty else { throw ReportError.noStreams(folder) }
        return guests
    }
}
