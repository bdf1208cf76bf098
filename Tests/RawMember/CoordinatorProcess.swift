package import Coordination
internal import Foundation
internal import Synchronization

/// The real executable, in a folder of its own.
package final class CoordinatorProcess: Sendable {
    /// It did not begin to listen.
    package struct NotListening: Error, CustomStringConvertible {
        package let description: String
    }

    package let processID: Int32
    private let process: Mutex<Process>

    /// Starts it and waits until it listens.
    package init(program: String, _ arguments: [String], address: CoordinatorAddress) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        try process.run()
        processID = process.processIdentifier
        self.process = Mutex(process)
        for _ in 0..<2000 where isRunning {
            if (try? RawConnection(address)) != nil { return }
            usleep(10_000)
        }
        throw NotListening(description: "\(program) does not listen at \(address)")
    }

    deinit { kill(processID, SIGKILL) }

    private var isRunning: Bool { process.withLock { $0.isRunning } }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: The status, or the signal that it died of.
    package func end(_ signal: Int32) -> Int32 {
        kill(processID, signal)
        return process.withLock { process in
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    /// The most memory that it has had resident, in bytes.
    package var peakResidentByteCount: Int? {
        let text = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// A program built beside the one that runs.
    package static func path(of program: String) -> String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent(program).path
    }
}
