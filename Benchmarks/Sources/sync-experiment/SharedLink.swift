import Foundation
import ReportSupport

/// The link that all members of a group share.
enum SharedLink {
    static let megabitsPerSecond = 100
    static let bytesPerSecond = Double(megabitsPerSecond) * 1e6 / 8
    static let roundTripMilliseconds = 20
    static let title = "\(megabitsPerSecond) Mb/s, \(roundTripMilliseconds) ms"

    /// The emulator for some streams, which writes a report at the end.
    static func command(_ program: String, streamCount: Int, reportPath: String) -> [String] {
        [
            program, "--rate", "\(megabitsPerSecond)Mbit", "--rtt", "\(roundTripMilliseconds)ms",
            "--streams",
            "\(streamCount)", "--report", reportPath,
        ]
    }

    /// The descriptors that the emulator has for its streams.
    static func descriptors(_ pipes: [(source: PipeEnd, target: PipeEnd)]) -> [Int32: Int32] {
        var result: [Int32: Int32] = [:]
        for (index, pipe) in pipes.enumerated() {
            result[3 + 2 * Int32(index)] = pipe.source
            result[4 + 2 * Int32(index)] = pipe.target
        }
        return result
    }

    typealias PipeEnd = Int32

    /// How many bytes came out of the link, by stream.
    static func byteCounts(inReport path: String) throws -> [Int] {
        struct Record: Decodable { let bytes: Int }
        return try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
            .map { try JSONDecoder().decode(Record.self, from: $0).bytes }
    }
}
