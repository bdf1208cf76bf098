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

/// What the simulated Xen wrote into the file of `SIMULATED_XEN_EVENTS`.
struct XenEvent: Decodable {
    let event: String
    let clock: Double

    /// When `xc_domain_save` began, in seconds of CLOCK_MONOTONIC; the trace was read before.
    static func startTime(inFile path: String) throws -> Double {
        let lines = try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
        for line in lines {
            let event = try JSONDecoder().decode(Self.self, from: line)
            if event.event == "start" { return event.clock }
        }
        throw ReportError.cannotOpen(path)
    }
}
