import Foundation
import ReportSupport

/// What `link-emulator --report` wrote.
struct LinkReport: Decodable {
    /// Bytes that came out of the link.
    let bytes: Int

    init(path: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
    }
}

/// What the simulated Xen of the source wrote into the file of `SIMULATED_XEN_EVENTS`.
struct XenRecord {
    /// When `xc_domain_save` began, in seconds of CLOCK_MONOTONIC; the trace was read before.
    let startTime: Double
    /// The processor time in the helper that the guest took, with the reading of its trace.
    let simulationSeconds: Double

    private struct Event: Decodable {
        let event: String
        let clock: Double
        let simulationMicroseconds: Int?

        enum CodingKeys: String, CodingKey {
            case event
            case clock
            case simulationMicroseconds = "simulation-microseconds"
        }
    }

    /// Reads the file.
    ///
    /// - Throws: `ReportError` if it does not tell of a whole save.
    init(path: String) throws {
        let lines = try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
        let events = try lines.map { try JSONDecoder().decode(Event.self, from: $0) }
        guard
            let start = events.first(where: { $0.event == "start" }),
            let simulation = events.last?.simulationMicroseconds
        else { throw ReportError.cannotOpen(path) }
        startTime = start.clock
        simulationSeconds = Double(simulation) / 1e6
    }
}
