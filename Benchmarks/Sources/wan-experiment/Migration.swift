import Foundation
import Glibc
import LibxlSide
import MigrationRig
import ReportSupport

/// One migration: the helpers on the simulated Xen, a link between them, and libxl played here.
struct Migration: Sendable {
    let scenario: Scenario
    let guest: Guest
    let link: WanLink
    let method: MigrationMethod
    let testBed: TestBed
    /// How often it is to be measured.
    let runCount: Int
    /// Which of these it is, from 1.
    var run = 1

    /// Whether processors, not only the link, decide how long it takes.
    var needsProcessors: Bool { link.isFast || method.compresses }

    /// Longer than any round takes; after that time without a word, nothing will come any more.
    private static let silenceSecondsMaximum = 300

    /// Runs it.
    ///
    /// - Throws: `ExperimentError` if a helper failed, `ReportError` if anything else did.
    func measure() throws -> MigrationMeasurement {
        let files = try testBed.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: files.root) }
        let reportPath = files.path("link.json")
        // From the source to the target, each process starts before the one that writes to it: the
        // source is ready to start when all else is.
        let relays =
            (method.filters.map { [$0.source] } ?? [])
            + [[testBed.program("link-emulator")] + link.options + ["--report", reportPath]]
            + (method.filters.map { [$0.target] } ?? [])
        var pipes = try (0...relays.count).map { _ in try PipeEnds() }
        let helpers =
            method.usesStockHelper
            ? (save: testBed.stockHelper, restore: testBed.stockHelper)
            : (save: testBed.program("cloudnet-save"), restore: testBed.program("cloudnet-restore"))
        let eventsPath = files.path("events.jsonl")
        var restore = try HelperSide(
            [helpers.restore] + CommandLines.restore,
            stream: pipes[relays.count].readEnd,
            environment: environment,
            errorPath: files.path("restore.error")
        )
        let running = try relays.enumerated().map { index, arguments in
            try RunningProcess(
                arguments,
                descriptors: [
                    STDIN_FILENO: pipes[index].readEnd, STDOUT_FILENO: pipes[index + 1].writeEnd,
                ],
                errorPath: files.path("relay-\(index).error")
            )
        }
        var save = try HelperSide(
            [helpers.save] + CommandLines.liveSave,
            stream: pipes[0].writeEnd,
            environment: environment.merging(["SIMULATED_XEN_EVENTS": eventsPath]) { $1 },
            errorPath: files.path("save.error")
        )
        // Each reader sees the end of its stream only if nobody else has the other one. The last pipe
        // stays: libxl reads on behind the helper, so what comes last finds somebody.
        pipes.removeFirst(relays.count)
        pipes[0].closeWriteEnd()
        let isSilent = converse(&save, &restore) {
            pipes = []
        }
        if isSilent {
            for process in [save.process, restore.process] + running {
                kill(process.identifier, SIGKILL)
            }
        }
        let ends = ([save.process] + running + [restore.process]).map { process in
            Result { try process.finish() }
        }
        if isSilent {
            throw ExperimentError.silent(scenario, seconds: Self.silenceSecondsMaximum)
        }
        guard
            save.completion == .success, restore.completion == .success,
            let suspendTime = save.suspendTime, let endTime = restore.endTime
        else { throw ExperimentError.failed(scenario, messages: save.errors + restore.errors) }
        let processes = try ends.map { try $0.get().cpuSeconds }
        let filterSeconds = method.filters.map { _ in (processes[1], processes[3]) } ?? (0, 0)
        let xen = try XenRecord(path: eventsPath)
        return MigrationMeasurement(
            totalSeconds: endTime - xen.startTime,
            pauseSeconds: endTime - suspendTime,
            byteCount: try LinkReport(path: reportPath).bytes,
            roundCount: save.roundCount,
            sourceCPUSeconds: processes[0] - xen.simulationSeconds + filterSeconds.0,
            simulationCPUSeconds: xen.simulationSeconds,
            targetCPUSeconds: processes[processes.count - 1] + filterSeconds.1,
            sourceMemoryByteCount: save.peakMemoryByteCount,
            targetMemoryByteCount: restore.peakMemoryByteCount
        )
    }

    private var environment: [String: String] {
        var variables = testBed.environment(of: guest).merging(method.settings) { $1 }
        let startSeconds = method.startStepSeconds * Double(run - 1)
        variables["SIMULATED_XEN_START_SECONDS"] = "\(startSeconds)"
        return variables
    }

    /// Answers both helpers until they have ended.
    ///
    /// - Parameters:
    ///   - save: The side that may be suspended.
    ///   - restore: The side that reads.
    ///   - closeStream: Called when the restore side has failed, so that nobody waits for it.
    /// - Returns: Whether they said nothing for too long.
    private func converse(
        _ save: inout HelperSide,
        _ restore: inout HelperSide,
        closeStream: () -> Void
    ) -> Bool {
        defer {
            save.close()
            restore.close()
        }
        while save.messages >= 0 || restore.messages >= 0 {
            var polled = [save.messages, restore.messages].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let count = poll(&polled, 2, Int32(Self.silenceSecondsMaximum) * 1000)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return true }
            if polled[0].revents != 0 { save.answerNextMessage() }
            if polled[1].revents != 0 { restore.answerNextMessage() }
            if restore.messages < 0, restore.completion != .success { closeStream() }
        }
        return false
    }
}
