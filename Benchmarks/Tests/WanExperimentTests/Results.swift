import Foundation

@testable import wan_experiment

/// A file of results that is gone when nobody needs it any more.
final class TemporaryResults {
    let path = NSTemporaryDirectory() + "wan-results-" + UUID().uuidString

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    func read() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    func results() throws -> ResultFile { try ResultFile(path: path) }
}

extension MigrationMeasurement {
    /// A migration of which only some values matter.
    static func taking(
        total: Double = 10,
        pause: Double = 1,
        cpu: Double = 2
    ) -> MigrationMeasurement {
        MigrationMeasurement(
            totalSeconds: total,
            pauseSeconds: pause,
            byteCount: 125_000_000,
            roundCount: 6,
            sourceCPUSeconds: cpu,
            simulationCPUSeconds: 0.25,
            targetCPUSeconds: 0.5,
            sourceMemoryByteCount: 1 << 28,
            targetMemoryByteCount: 1 << 27
        )
    }
}

extension ResultFile {
    /// Adds a result for each of the values.
    func add(
        _ measurements: [MigrationMeasurement],
        _ guest: String,
        _ link: WanLink,
        _ method: MigrationMethod
    ) throws {
        for measurement in measurements {
            try add(
                measurement,
                of: Scenario(guest: guest, link: link.key, method: method.key)
            )
        }
    }
}
