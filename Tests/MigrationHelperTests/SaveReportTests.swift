import Glibc
import LibxlSide
import MigrationReport
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// What a save reports while it runs and afterwards: to a file, to those who watch, and to libxl.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SaveReportTests {
    private static let busy = ["SIMULATED_XEN_TIME_SCALE": "1e6"]

    private func guest(pageCount: Int = 600) throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 5, pageCount: pageCount))
    }

    // MARK: The report

    @Test(arguments: ["extended", "stock"], [1, 3, 0])
    func theFiguresOfAReportAgree(format: String, flags: Int) async throws {
        let files = try guest()
        try files.setXenstore("name", "shop")
        let saved = try await files.saveToFile(
            flags: flags,
            Self.busy.merging(["CLOUDNET_STREAM": format, "CLOUDNET_REPORT": files.report]) { $1 }
        )
        #expect(saved.completion == .success)
        let histories = try files.reportedMigrations()
        #expect(histories.count == 1)
        let history = try #require(histories.first)
        let start = try #require(history.start)
        let end = try #require(history.end)
        let rounds = history.rounds
        #expect(start.stream == format)
        #expect(start.totalByteCount == 600 * 4096)
        #expect(rounds.map(\.round) == Array(1...rounds.count))
        #expect(rounds.map(\.isPaused) == rounds.map { $0.round == rounds.count })
        #expect(try files.events("round-begin", "live").count == rounds.count - 1)
        #expect(rounds.last?.verdict == "stop")

        // All rounds together are all there is, apart from a few headers.
        let bytes = try readFile(files.stream)
        #expect(end.transferredByteCount == bytes.count)
        #expect(rounds.last?.transferredByteCount == end.transferredByteCount)
        let headers = end.transferredByteCount - rounds.reduce(0) { $0 + $1.roundByteCount }
        #expect(0..<1000 ~= headers)
        for (round, next) in zip(rounds, rounds.dropFirst()) {
            #expect(next.transferredByteCount - round.transferredByteCount == next.roundByteCount)
            #expect(round.totalMilliseconds <= next.totalMilliseconds)
        }
        #expect(0..<1000 ~= end.stockByteCount - rounds.reduce(0) { $0 + $1.stockByteCount })
        #expect(end.pages.total == rounds.reduce(0) { $0 + $1.pages.total })
        #expect(end.duplicatePageCount + end.normalPageCount == end.pages.total)
        if format == "extended" {
            #expect(rounds[0].pages.total == 600)
            let passes = try files.events("round-end").map { try number("pages", in: $0) }
            #expect(end.pages.total == passes.reduce(0, +))
            let batchCount = end.treatments.values.reduce(0, +)
            #expect(batchCount == passes.count)
        } else {
            // All that it knows is how much libxenguest wrote.
            #expect(end.stockByteCount == bytes.count)
        }

        #expect(end.status == .completed)
        #expect(end.remainingByteCount == 0)
        #expect(end.dirtySyncCount == rounds.count)
        let pause = try #require(end.pauseMilliseconds)
        #expect(pause <= end.totalMilliseconds)
        #expect(end.setupMilliseconds <= end.totalMilliseconds)
        #expect(saved.log.filter { $0.hasPrefix("cloudnet: \(rounds.count) round") }.count == 1)

        let drawn = try await HelperProcess("cloudnet", ["report", files.report]).printed()
        #expect(drawn.status == .exited(0))
        #expect(drawn.text.contains("<title>Migration of shop</title>"))
    }

    private func number(_ name: String, in event: Substring) throws -> Int {
        let parts = event.split(separator: "\"\(name)\":")
        return try #require(parts.last.flatMap { Int($0.prefix(while: \.isNumber)) })
    }

    @Test func aReportIsAppendedTo() async throws {
        let files = try guest(pageCount: 60)
        for _ in 0..<2 {
            let saved = try await files.saveToFile(["CLOUDNET_REPORT": files.report])
            #expect(saved.completion == .success)
        }
        #expect(try files.reportedMigrations().map { $0.end?.status } == [.completed, .completed])
    }

    @Test(arguments: ["/dev/full", "unix:/nowhere/socket", "/nowhere/report"])
    func aReportThatCannotBeWrittenIsOneWarning(destination: String) async throws {
        let files = try guest()
        let moved = try await files.migrate(
            Self.busy.merging(["CLOUDNET_REPORT": destination]) { $1 }
        )
        try files.expectEqualMemory(moved)
        let warnings = moved.saved.messages.filter { $0.logLevel == 7 }.compactMap(\.logText)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(destination) == true)
        #expect(warnings.first?.hasSuffix("the migration goes on") == true)
    }

    @Test func aCancelledSaveIsReported() async throws {
        let files = try guest()
        let pipe = try ClosingPipe()
        let save = try files.startSave(to: pipe.writeEnd, ["CLOUDNET_REPORT": files.report])
        let saved = await save.converse(watching: { message in
            if message.isRound(0) { save.signal(SIGTERM) }
        })
        files.expectGuestStays(saved, errorNumber: ECANCELED)
        let end = try #require(try files.reportedMigrations().first?.end)
        #expect(end.status == .cancelled)
        #expect(end.reason == "the migration was cancelled; the guest stays on this host")
        #expect(end.pauseMilliseconds == nil)
        #expect(end.remainingByteCount > 0)
    }

    // MARK: Those who watch

    @Test func aRunningSaveCanBeWatched() async throws {
        let files = try guest()
        try files.setXenstore("name", "shop")
        let pipe = try ClosingPipe()
        // Nobody reads: the first round never ends.
        let save = try files.startSave(to: pipe.writeEnd)
        let path = "\(files.running)/\(save.processID).jsonl"
        async let saved = save.converse()
        while access(path, F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
        var line = ""
        while !line.contains("round 1") {
            try await Task.sleep(for: .milliseconds(100))
            line = try await HelperProcess(
                "cloudnet",
                ["watch", "--once"],
                environment: ["CLOUDNET_RUN_DIRECTORY": files.running]
            )
            .printed().text
        }
        #expect(line.hasPrefix("shop: round 1, "))
        save.signal(SIGTERM)
        #expect(await saved.completion == Completion(result: -1, errorNumber: ECANCELED))
        #expect(access(path, F_OK) != 0)
    }

    @Test func whatAKilledSaveLeftIsRemovedByTheNextOne() async throws {
        let files = try guest()
        let pipe = try ClosingPipe()
        let save = try files.startSave(to: pipe.writeEnd)
        let path = "\(files.running)/\(save.processID).jsonl"
        let killed = await save.converse(watching: { message in
            if message.isRound(0) { save.signal(SIGKILL) }
        })
        #expect(killed.status == .killed(SIGKILL))
        #expect(access(path, F_OK) == 0)
        #expect(try await files.saveToFile().completion == .success)
        #expect(access(path, F_OK) != 0)
        #expect(try Repository.files(in: files.running, suffix: ".jsonl").isEmpty)
    }

    @Test func aFolderThatCannotBeMadeIsNoObstacle() async throws {
        let files = try guest()
        let moved = try await files.migrate(["CLOUDNET_RUN_DIRECTORY": "/dev/null/run"])
        try files.expectEqualMemory(moved)
        #expect(moved.saved.log.contains { $0.hasPrefix("cloudnet watch: ") })
    }

    // MARK: Progress for libxl

    @Test func progressIsRightInEachRound() async throws {
        let files = try guest(pageCount: 3000)
        let moved = try await files.migrate(
            flags: 3,
            Self.busy.merging(["CLOUDNET_REPORT": files.report]) { $1 },
            link: ["--rate", "60M", "--rtt", "2ms"]
        )
        try files.expectEqualMemory(moved)
        let passes = try passes(in: moved.saved)
        let rounds = try #require(try files.reportedMigrations().first).rounds
        #expect(
            passes.map(\.name)
                == rounds.indices.map { "Frames iteration \($0)" } + ["Frames verify"]
        )
        for pass in passes {
            #expect(pass.total == 3000)
            #expect(pass.done == [0, 1024, 2048, 3000])
        }
        let texts = moved.saved.messages.compactMap(\.progress).filter {
            $0.doing.hasPrefix("Frames iteration") && $0.done == 3000
        }
        .map(\.doing)
        #expect(texts.contains { $0.contains(" Mbit/s, ") && $0.hasSuffix(" left") }, "\(texts)")
    }

    @Test func progressCountsPagesWhereTheAddressSpaceHasHoles() async throws {
        let path = "\(Repository.goldenPath)/pvh-live.libxc.zst"
        let files = try TracedFiles(try CompressedSource.bytes(ofFile: path))
        let saved = try await files.saveToFile(
            flags: 3,
            ["SIMULATED_XEN_TIME_SCALE": "0", "CLOUDNET_REPORT": files.report]
        )
        #expect(saved.completion == .success)
        let start = try #require(try files.reportedMigrations().first?.start)
        let pageCount = UInt(start.totalByteCount / 4096)
        let passes = try passes(in: saved).filter { $0.total > 0 }
        #expect(passes.map(\.name) == ["Frames iteration 0", "Frames verify"])
        for pass in passes {
            #expect(pass.total == pageCount)
            #expect(pass.done.first == 0)
            #expect(pass.done.last == pageCount)
            #expect(pass.done == pass.done.sorted())
            // The ring holds less than the guest: it cannot all be under way.
            #expect(pass.done.dropLast().last ?? 0 > 0)
        }
    }

    /// What was told about each pass over the pages; the same total all the time.
    private func passes(
        in saved: Conversation
    ) throws -> [(name: String, done: [UInt], total: UInt)] {
        var passes: [(name: String, done: [UInt], total: UInt)] = []
        for progress in saved.messages.compactMap(\.progress)
        where progress.doing.hasPrefix("Frames") {
            let name = String(try #require(progress.doing.split(separator: ",").first))
            if passes.last?.name != name { passes.append((name, [], progress.total)) }
            passes[passes.count - 1].done.append(progress.done)
            #expect(progress.total == passes[passes.count - 1].total)
        }
        return passes
    }
}
