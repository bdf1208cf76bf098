import Glibc
import TestSupport
import Testing

@testable import MigrationReport

/// The program itself, as an operator starts it.
struct CommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs `cloudnet`; what it prints comes back.
    private func cloudnet(
        _ arguments: String...
    ) throws -> (status: Int32, out: String, err: String) {
        let tests = CommandLine.arguments.first ?? ""
        let program =
            tests.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/") + "/cloudnet"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, name) in [(STDOUT_FILENO, "out"), (STDERR_FILENO, "err")] {
            posix_spawn_file_actions_addopen(
                &actions,
                descriptor,
                folder.path + "/" + name,
                O_WRONLY | O_CREAT | O_TRUNC,
                0o600
            )
        }
        closeDescriptors(with: &actions)
        var argumentPointers = ([program] + arguments).map { strdup($0) } + [nil]
        var variablePointers = [strdup("CLOUDNET_RUN_DIRECTORY=\(folder.path)/run"), nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var pid: pid_t = 0
        let errorNumber = posix_spawn(
            &pid,
            program,
            &actions,
            nil,
            &argumentPointers,
            &variablePointers
        )
        try #require(errorNumber == 0)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return (status, try folder.text(of: "out"), try folder.text(of: "err"))
    }

    @Test func watchShowsWhoIsRunning() throws {
        mkdir(folder.path + "/run", 0o755)
        let ticks = try #require(ProcessStart.ticks(ofProcess: nil))
        func state(_ pid: Int32, startTicks: UInt64, name: String, more: String = "") throws {
            var start = Example.start
            start.processStartTicks = startTicks
            let lines = try text(.start(start), name: name, pid: pid)
            try folder.write(lines + more, to: "run/\(pid).jsonl")
        }
        let progress = try text(.progress(Example.progress), name: "mine", pid: getpid())
        try state(
            getpid(),
            startTicks: ticks,
            name: "mine",
            more: String(repeating: progress, count: 2000) + "{\"event\":\"prog"
        )
        try state(1, startTicks: .max >> 14, name: "number-used-again")
        try state(4_194_305, startTicks: 1, name: "dead")
        mkfifo(folder.path + "/run/\(getppid()).jsonl", 0o600)
        let result = try cloudnet("watch", "--once")
        #expect(result.status == 0)
        #expect(
            result.out == "mine: round 3, 1 B sent, 9.50 Mbit/s, 2 B to send, time left 7 ms, "
                + "pause paused\n"
        )
        #expect(result.err == "")
    }

    @Test func watchWithoutAFolderShowsNothing() throws {
        #expect(try cloudnet("watch", "--once").out == "no migration is running\n")
    }

    @Test func reportDrawsTheLastOrTheChosenOne() throws {
        let report = try ["a", "b", "c"].enumerated().map { index, name in
            try [ReportRecord.start(Example.start), .round(Example.round), .end(Example.end)]
                .map { try text($0, name: name, pid: Int32(index + 1)) }.joined()
        }
        let path = folder.path + "/report"
        try folder.write(report[0] + "\u{1b}[2J\n" + report[1] + report[2], to: "report")
        let last = try cloudnet("report", path)
        #expect(last.status == 0)
        #expect(last.out.hasPrefix("<!DOCTYPE html>"))
        #expect(last.out.contains("<title>Migration of c</title>"))
        #expect(last.err == "cloudnet: line 4 is left out: it is no JSON object\n")
        #expect(last.out.contains("line 4 is left out"))
        for (options, name) in [(["--pid", "1"], "a"), (["--domain", "b"], "b")] {
            let picture = folder.path + "/\(name).svg"
            #expect(try cloudnet("report", path, options[0], options[1], "-o", picture).status == 0)
            let svg = try folder.text(of: "\(name).svg")
            #expect(svg.hasPrefix("<?xml"))
            #expect(svg.contains("<title>Migration of \(name)</title>"))
        }
    }

    @Test func reportSaysWhatIsMissing() throws {
        try folder.write("", to: "report")
        let path = folder.path + "/report"
        let nothing = try cloudnet("report", path)
        #expect(nothing.status != 0)
        #expect(nothing.err.contains("There is no migration in"))
        #expect(try cloudnet("report", path, "--pid", "1").err.contains("no such migration"))
        #expect(try cloudnet("report", path, "-o", "x.png").err.contains(".html or .svg"))
        #expect(try cloudnet("report", path + "x").err.contains("No such file"))
    }

    @Test func aPictureThatDoesNotFitOnTheDiskIsAnError() throws {
        try folder.write(text(.start(Example.start)), to: "report")
        symlink("/dev/full", folder.path + "/full.svg")
        let result = try cloudnet(
            "report",
            folder.path + "/report",
            "-o",
            folder.path + "/full.svg"
        )
        #expect(result.status != 0)
        #expect(result.err.contains("No space left on device"))
    }
}
