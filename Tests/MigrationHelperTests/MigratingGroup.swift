import Glibc
import LibxlSide
import MigrationReport
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// Guests of one application that are migrated at the same time.
struct MigratingGroup: Sendable {
    let members: [Member]

    struct Member: Sendable {
        let files: TracedFiles
        let save: HelperProcess
        let restore: HelperProcess
    }

    /// How it ended for one of them.
    struct End: Sendable {
        let files: TracedFiles
        let saved: Conversation
        let restored: Conversation

        var hasArrived: Bool { saved.completion == .success && restored.completion == .success }

        /// Whether the coordinator told it to stop.
        var wasReleased: Bool {
            saved.log.contains { $0.hasPrefix("the coordinator says stop") }
        }

        /// When the guest was paused, on a clock that all share.
        var suspendSeconds: Double? {
            guard let line = try? files.events(#""event":"suspend""#).first,
                let text = line.split(separator: #""clock":"#).last
            else { return nil }
            return Double(text.prefix { $0.isNumber || $0 == "." })
        }

        var rounds: [RoundRecord] {
            ((try? files.reportedMigrations())?.first?.rounds) ?? []
        }
    }

    /// Starts to migrate guests of so many pages.
    init(
        pageCounts: [Int],
        coordinator: CoordinatorProcess,
        _ environment: [String: String]
    ) throws {
        members = try pageCounts.enumerated().map { index, pageCount in
            let files = try TracedFiles(SmallGuest.stream(roundCount: 5, pageCount: pageCount))
            try files.setXenstore("name", "guest\(index)")
            let pipe = try ClosingPipe()
            let settings = [
                "CLOUDNET_APPLICATION": "shop",
                "CLOUDNET_COORDINATOR": "unix:\(coordinator.socket)",
                "CLOUDNET_APPLICATION_MEMBERS": "\(pageCounts.count)",
                "CLOUDNET_REPORT": files.report,
                "SIMULATED_XEN_UUID": "00000000-0000-0000-0000-0000000000\(10 + index)",
            ]
            return Member(
                files: files,
                save: try files.startSave(
                    to: pipe.writeEnd,
                    settings.merging(environment) { $1 }
                ),
                restore: try HelperProcess(
                    "cloudnet-restore",
                    CommandLines.restore,
                    stream: pipe.readEnd,
                    environment: files.restoreEnvironment
                )
            )
        }
    }

    /// Waits until all helpers have ended.
    func ends() async -> [End] {
        await withTaskGroup(of: (Int, End).self) { tasks in
            for (index, member) in members.enumerated() {
                tasks.addTask {
                    async let restored = member.restore.converse()
                    let saved = await member.save.converse()
                    return (
                        index, End(files: member.files, saved: saved, restored: await restored)
                    )
                }
            }
            var ends: [(Int, End)] = []
            for await end in tasks { ends.append(end) }
            return ends.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
