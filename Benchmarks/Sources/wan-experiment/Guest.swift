import Foundation
import ReportSupport

/// A guest: what it has in memory and writes to it comes from a recorded stream.
struct Guest: Sendable {
    let name: String
    let streamPath: String

    /// The guests whose decompressed streams (*.libxc) are in a folder, in alphabetical order.
    static func all(in folder: String) throws -> [Guest] {
        let suffix = ".libxc"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let guests = names.filter { $0.hasSuffix(suffix) }.map {
            Guest(name: String($0.dropLast(suffix.count)), streamPath: "\(folder)/\($0)")
        }
        guard !guests.isEmpty else { throw ExperimentError.noStreams(folder) }
        return guests
    }
}
