import Foundation
import Glibc
import ReportSupport

/// A coordinator that runs for one group.
struct Coordinator {
    /// Where members find it.
    let address: String

    private let process: RunningProcess

    /// Longer than a coordinator takes to start.
    private static let startSecondsMaximum = 10.0

    /// Starts one that lets members wait in a way, and waits until it listens.
    ///
    /// - Throws: `ExperimentError.noCoordinator` if it does not listen in time.
    init(program: String, application: String, pacing: String, files: WorkFolder) throws {
        let socketPath = files.path("coordinator.sock")
        let rulesPath = files.path("rules.toml")
        let errorPath = files.path("coordinator.error")
        try """
        [application.\(application)]
        pacing = "\(pacing)"

        """.write(toFile: rulesPath, atomically: true, encoding: .utf8)
        address = "unix:\(socketPath)"
        process = try RunningProcess(
            [
                program, "--listen", address, "--rules", rulesPath,
                "--state", files.path("groups.sqlite"),
            ],
            descriptors: [:],
            errorPath: errorPath
        )
        let start = ContinuousClock.now
        while access(socketPath, F_OK) != 0 {
            guard ContinuousClock.now - start < .seconds(Self.startSecondsMaximum) else {
                stop()
                let message = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
                throw ExperimentError.noCoordinator(message: message)
            }
            usleep(20_000)
        }
    }

    /// Ends it.
    func stop() {
        kill(process.identifier, SIGTERM)
        // How it ends is no matter of the experiment.
        _ = try? process.finish()
    }
}
