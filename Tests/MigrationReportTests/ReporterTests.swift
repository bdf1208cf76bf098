import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import MigrationReport

struct ReporterTests {
    private let folder: TemporaryFolder
    private let warnings = Warnings()
    private let migration = MigrationIdentity(domid: 7, name: "shop", uuid: "", pid: getpid())

    init() throws { folder = try TemporaryFolder() }

    private func reporter(report: String? = nil, directory: String? = nil) -> Reporter {
        Reporter(
            migration,
            report: report.flatMap { ReportDestination($0) },
            running: RunningMigrations(directory: directory ?? folder.path + "/run"),
            warn: { [warnings] in warnings.add($0) }
        )
    }

    private func events(_ text: String) throws -> [ReportRecord] {
        try text.split(separator: "\n").map {
            try JSONDecoder().decode(ReportLine.self, from: Data($0.utf8)).record
        }
    }

    @Test func theStateIsThereUntilTheEnd() throws {
        let reporter = reporter(report: folder.path + "/report")
        let state = "run/\(getpid()).jsonl"
        for record in Example.records { reporter.write(record) }
        #expect(try events(folder.text(of: state)) == Example.records)
        reporter.finish()
        #expect(!folder.has(state))
        // Progress is for those who watch only.
        let reported = Example.records.filter { record in
            if case .progress = record { false } else { true }
        }
        #expect(try events(folder.text(of: "report")) == reported)
        #expect(warnings.all.isEmpty)
    }

    @Test func aReporterThatIsForgottenLeavesNoState() {
        _ = reporter()
        #expect(folder.has("run"))
        #expect(!folder.has("run/\(getpid()).jsonl"))
    }

    @Test func progressIsWantedOnceASecond() {
        let reporter = reporter()
        #expect(reporter.wantsProgress)
        reporter.write(.progress(Example.progress))
        #expect(!reporter.wantsProgress)
    }

    @Test func withoutAFolderOnlyTheStateIsMissing() throws {
        let reporter = reporter(
            report: folder.path + "/report",
            directory: folder.path + "/missing/run"
        )
        #expect(!reporter.wantsProgress)
        reporter.write(.start(Example.start))
        reporter.finish()
        #expect(try events(folder.text(of: "report")) == [.start(Example.start)])
        #expect(warnings.all.count == 1)
        #expect(warnings.all.first?.hasPrefix("cloudnet watch: cannot make") == true)
    }

    @Test func aLinkInThePlaceOfTheStateIsNotFollowed() throws {
        mkdir(folder.path + "/run", 0o755)
        try folder.write("precious", to: "target")
        symlink(folder.path + "/target", folder.path + "/run/\(getpid()).jsonl")
        let reporter = reporter()
        reporter.write(.start(Example.start))
        reporter.finish()
        #expect(try folder.text(of: "target") == "precious")
    }

    @Test func whatADeadProcessLeftIsRemoved() throws {
        mkdir(folder.path + "/run", 0o755)
        // The largest number that Linux ever gives a process is 2^22.
        let names = ["4194305.jsonl", "1.jsonl", "4194305.txt", "x.jsonl", "-4194305.jsonl"]
        for name in names { try folder.write("", to: "run/" + name) }
        let running = RunningMigrations(directory: folder.path + "/run")
        #expect(running.processes() == [1, 4_194_305])
        reporter().finish()
        #expect(names.filter { !folder.has("run/" + $0) } == ["4194305.jsonl"])
    }

    @Test func aProcessIsKnownByItsNumberAndStart() throws {
        let ticks = try #require(ProcessStart.ticks(ofProcess: nil))
        #expect(ticks > 0)
        #expect(ProcessStart.ticks(ofProcess: getpid()) == ticks)
        #expect(RunningMigrations.isRunning(getpid(), startTicks: ticks))
        #expect(RunningMigrations.isRunning(getpid(), startTicks: 0))
        #expect(!RunningMigrations.isRunning(getpid(), startTicks: ticks + 1))
        #expect(!RunningMigrations.isRunning(4_194_305, startTicks: ticks))
        #expect(StartRecord(totalByteCount: 0, stream: "", policy: "").processStartTicks == ticks)
    }
}
