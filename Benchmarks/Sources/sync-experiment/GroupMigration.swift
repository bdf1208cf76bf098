import Foundation
import Glibc
import LibxlSide
import MigrationRig
import ReportSupport

/// One move of a group: helpers on the simulated Xen, a link that they share, and libxl and perhaps
/// a coordinator.
struct GroupMigration {
    let run: GroupRun
    let scenario: GroupScenario
    let method: GroupMethod
    /// The recorded guests by name.
    let guests: [String: Guest]
    let testBed: TestBed
    /// Whether what the helpers report is kept, beside the temporary files.
    let keepsReports: Bool

    /// Longer than any round takes; after that time without a word, nothing will come any more.
    private static let silenceSecondsMaximum = 120

    /// Runs it.
    ///
    /// - Throws: `ExperimentError` if a helper failed, `ReportError` if anything else did.
    func callAsFunction() throws -> GroupMeasurement {
        let files = try testBed.makeFolder()
        defer { if !keepsReports { try? FileManager.default.removeItem(atPath: files.root) } }
        let coordinator = try method.pacing.map { pacing in
            try Coordinator(
                program: testBed.program("cloudnet-coordinator"),
                application: Self.application,
                pacing: pacing,
                files: files
            )
        }
        defer { coordinator?.stop() }
        let pipes = try scenario.members.map { _ in
            (source: try PipeEnds(), target: try PipeEnds())
        }
        let reportPath = files.path("link.json")
        let link = try RunningProcess(
            SharedLink.command(
                testBed.program("link-emulator"),
                streamCount: scenario.members.count,
                reportPath: reportPath
            ),
            descriptors: SharedLink.descriptors(
                pipes.map { (source: $0.source.readEnd, target: $0.target.writeEnd) }
            ),
            errorPath: files.path("link.error")
        )
        var restores = try scenario.members.indices.map { index in
            try HelperSide(
                [testBed.program("cloudnet-restore")] + CommandLines.restore,
                stream: pipes[index].target.readEnd,
                environment: environment(of: index, coordinator, files),
                errorPath: files.path("restore-\(index).error")
            )
        }
        var saves = try scenario.members.indices.map { index in
            try HelperSide(
                [testBed.program("cloudnet-save")] + CommandLines.liveSave,
                stream: pipes[index].source.writeEnd,
                environment: environment(of: index, coordinator, files),
                errorPath: files.path("save-\(index).error")
            )
        }
        // Each reader sees the end of its stream only if nobody else has the other one.
        for pipe in pipes {
            pipe.source.closeWriteEnd()
            pipe.target.closeWriteEnd()
            close(pipe.source.takeReadEnd())
        }
        let isOver = HelperConversation.finish(
            &saves,
            &restores,
            silenceSecondsMaximum: Self.silenceSecondsMaximum
        )
        let processes = (saves + restores).map(\.process) + [link]
        if !isOver { for process in processes { kill(process.identifier, SIGKILL) } }
        let ends = processes.map { process in Result { try process.finish() } }
        guard isOver else {
            throw ExperimentError.silent(run, seconds: Self.silenceSecondsMaximum)
        }
        let measurement = try measurement(saves, restores, linkReportPath: reportPath)
        for end in ends { _ = try end.get() }
        return measurement
    }

    private static let application = "shop"
    /// How many seconds of its trace each member is ahead of the one before.
    private static let startSeconds = 17.0

    /// What the helpers of a member have in their environment.
    private func environment(
        of index: Int,
        _ coordinator: Coordinator?,
        _ files: WorkFolder
    ) throws -> [String: String] {
        let member = scenario.members[index]
        guard let guest = guests[member.guest] else {
            throw ExperimentError.noGuest(member.guest)
        }
        let store = files.path("store-\(index)")
        let folder = "\(store)/local/domain/7"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try member.name.write(toFile: "\(folder)/name", atomically: true, encoding: .utf8)
        var variables = testBed.environment(of: guest)
        variables["SIMULATED_XEN_TILES"] = "\(member.tileCount)"
        variables["SIMULATED_XEN_TIME_SCALE"] =
            "\(testBed.timeScale / Double(member.tileCount))"
        // Members that are equal do not write the same pages at the same time.
        variables["SIMULATED_XEN_START_SECONDS"] = "\(Self.startSeconds * Double(index + 1))"
        variables["SIMULATED_XEN_STORE"] = store
        let number = String(index + 1)
        variables["SIMULATED_XEN_UUID"] =
            "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - number.count) + number
        variables["CLOUDNET_RUN_DIRECTORY"] = files.root
        if keepsReports { variables["CLOUDNET_REPORT"] = files.path("\(member.name).jsonl") }
        if let coordinator {
            variables["CLOUDNET_COORDINATOR"] = coordinator.address
            variables["CLOUDNET_APPLICATION"] = Self.application
            variables["CLOUDNET_APPLICATION_MEMBERS"] = "\(scenario.members.count)"
            variables["CLOUDNET_APPLICATION_LINK"] = "wan"
        }
        return variables
    }

    private func measurement(
        _ saves: [HelperSide],
        _ restores: [HelperSide],
        linkReportPath: String
    ) throws -> GroupMeasurement {
        let messages = (saves + restores).flatMap(\.errors)
        let byteCounts = try SharedLink.byteCounts(inReport: linkReportPath)
        let start = saves.compactMap(\.startTime).min()
        let members = zip(saves, restores).enumerated().compactMap { index, sides in
            let (save, restore) = sides
            guard
                save.completion == .success, restore.completion == .success, let start,
                let startTime = save.startTime, let suspendTime = save.suspendTime,
                let endTime = restore.endTime, index < byteCounts.count
            else { return MemberMeasurement?.none }
            return MemberMeasurement(
                name: scenario.members[index].name,
                startSeconds: startTime - start,
                suspendSeconds: suspendTime - start,
                resumeSeconds: endTime - start,
                byteCount: byteCounts[index],
                roundCount: save.roundCount
            )
        }
        guard members.count == scenario.members.count else {
            throw ExperimentError.failed(run, messages: messages)
        }
        return GroupMeasurement(members: members)
    }
}
