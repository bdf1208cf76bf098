import Glibc
import LibxlSide
import MigrationReport
import MigrationStream
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// Who ends the rounds of a guest that runs meanwhile, and what is said about it.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct StopDecisionTests {
    /// Writes all of its memory again and again between any two looks.
    private static let busy = ["SIMULATED_XEN_TIME_SCALE": "1e6"]
    private static let idle = ["SIMULATED_XEN_TIME_SCALE": "0"]

    static let stockHelper = "/usr/lib/xen-4.17/bin/libxl-save-helper"
    static let hasStockHelper = access(stockHelper, X_OK) == 0

    private func guest(pageCount: Int = 600) throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 5, pageCount: pageCount))
    }

    /// The round after which the log says that the rounds were stopped, and why.
    private func stop(in saved: Conversation) throws -> (round: Int, reason: Substring) {
        let lines = saved.log.filter { $0.hasPrefix("stopped after round ") }
        #expect(lines.count == 1)
        let parts = try #require(lines.first).split(separator: ": ", maxSplits: 1)
        let round = try #require(parts[0].split(separator: " ").last.flatMap { Int($0) })
        return (round, try #require(parts[1].split(separator: "; ", maxSplits: 1).last))
    }

    // MARK: Smart

    @Test(arguments: ["extended", "stock"])
    func smartPausesABusyGuestWhereItSays(format: String) async throws {
        let files = try guest()
        let moved = try await files.migrate(Self.busy.merging(["CLOUDNET_STREAM": format]) { $1 })
        try files.expectEqualMemory(moved)
        #expect(moved.saved.count(of: ReceivedMessage.Number.suspend) == 1)
        let stop = try stop(in: moved.saved)
        #expect(!stop.reason.isEmpty)
        // Nothing more is sent live after the verdict.
        #expect(try files.liveRoundCount == stop.round + 1)
        #expect(1...30 ~= stop.round + 1)
        let next = try files.events().drop { !$0.contains(#""event":"suspend""#) }.dropFirst()
        #expect(next.first { $0.contains("round-begin") }?.contains(#""pass":"paused""#) == true)
        #expect(moved.saved.log.contains { $0.hasPrefix("cloudnet: \(stop.round + 2) rounds, ") })
    }

    @Test(arguments: ["extended", "stock"])
    func smartPausesAnIdleGuestAfterOneRound(format: String) async throws {
        let files = try guest()
        let moved = try await files.migrate(Self.idle.merging(["CLOUDNET_STREAM": format]) { $1 })
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == 1)
        let stop = try stop(in: moved.saved)
        #expect(stop.round == 0)
        #expect(stop.reason == "hardly anything is left")
    }

    @Test func smartWorksOnARecordedGuest() async throws {
        let path = "\(Repository.goldenPath)/pvh-live.libxc.zst"
        let files = try TracedFiles(try CompressedSource.bytes(ofFile: path))
        let moved = try await files.migrate(["SIMULATED_XEN_TIME_SCALE": "50"])
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == stop(in: moved.saved).round + 1)
    }

    @Test func aStockStreamThatSmartEndedIsOneOfXen() async throws {
        let files = try guest()
        let saved = try await files.saveToFile(
            Self.busy.merging(["CLOUDNET_STREAM": "stock", "CLOUDNET_POLICY": "smart"]) { $1 }
        )
        #expect(saved.completion == .success)
        #expect(try stop(in: saved).round >= 0)
        let stream = try readFile(files.stream)
        // The encoder takes nothing else.
        let encoded = try encode(stream)
        #expect(encoded.statistics.stockByteCount == stream.count)
        #expect(try decode(encoded.bytes).bytes == stream)
        try await expectRestore(of: files, by: "cloudnet-restore")
        if Self.hasStockHelper { try await expectRestore(of: files, by: Self.stockHelper) }
    }

    private func expectRestore(of files: TracedFiles, by program: String) async throws {
        let descriptor = try openFile(files.stream, O_RDONLY)
        defer { close(descriptor) }
        let restore = try HelperProcess(
            program,
            CommandLines.restore,
            stream: descriptor,
            environment: files.restoreEnvironment
        )
        let restored = await restore.converse()
        #expect(restored.completion == .success)
        #expect(try readFile(files.targetDigest) == readFile(files.sourceDigest))
        unlink(files.targetDigest)
    }

    // MARK: Stock

    @Test(
        arguments: ["extended", "stock"],
        [
            (pageCount: 600, liveRoundCount: 5), (pageCount: 40, liveRoundCount: 1),
        ]
    )
    func stockPausesABusyGuestByXensOwnRule(
        format: String,
        guestAndRounds: (pageCount: Int, liveRoundCount: Int)
    ) async throws {
        let files = try guest(pageCount: guestAndRounds.pageCount)
        let moved = try await files.migrate(
            Self.busy.merging(["CLOUDNET_STREAM": format, "CLOUDNET_POLICY": "stock"]) { $1 }
        )
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == guestAndRounds.liveRoundCount)
        #expect(try stop(in: moved.saved).reason == "the rule of stock")
    }

    @Test(.enabled(if: StopDecisionTests.hasStockHelper), arguments: ["0", "1e6"], [600, 40])
    func stockSendsTheRoundsOfXensOwnHelper(timeScale: String, pageCount: Int) async throws {
        let environment = [
            "SIMULATED_XEN_TIME_SCALE": timeScale, "CLOUDNET_STREAM": "stock",
            "CLOUDNET_POLICY": "stock",
        ]
        var counts: [Int] = []
        var streams: [[UInt8]] = []
        for program in ["cloudnet-save", Self.stockHelper] {
            let files = try guest(pageCount: pageCount)
            let saved = try await files.saveToFile(environment, program: program)
            #expect(saved.completion == .success)
            counts.append(try files.liveRoundCount)
            streams.append(try readFile(files.stream))
        }
        #expect(counts[0] == counts[1])
        // An idle guest is sent the same each time; a busy one has other pages each time.
        if timeScale == "0" { #expect(streams[0] == streams[1]) }
        #expect(streams[0].count == streams[1].count)
    }

    @Test func stockIgnoresBudgets() async throws {
        let files = try guest()
        let moved = try await files.migrate(
            Self.busy.merging([
                "CLOUDNET_POLICY": "stock", "CLOUDNET_MAX_BYTES": "1M",
                "CLOUDNET_WHEN_UNMET": "abort",
            ]) { $1 }
        )
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == 5)
    }

    // MARK: Observe

    @Test(arguments: ["extended", "stock"])
    func observeEndsAsXenDoesAndTellsWhatSmartWouldDo(format: String) async throws {
        let files = try guest()
        let moved = try await files.migrate(
            Self.busy.merging([
                "CLOUDNET_STREAM": format, "CLOUDNET_POLICY": "observe",
                // What smart would do about it is not done.
                "CLOUDNET_MAX_BYTES": "1M", "CLOUDNET_WHEN_UNMET": "abort",
                "CLOUDNET_REPORT": files.report,
            ]) { $1 }
        )
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == 5)
        #expect(try stop(in: moved.saved).reason == "the rule of stock")
        let told = moved.saved.log.filter { $0.contains("smart would") }
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("going on after round 0: ") == true)
        #expect(told.first?.contains("(smart would give up here: max-bytes, 1 MB") == true)
        let rounds = try #require(try files.reportedMigrations().first).rounds
        #expect(rounds.first?.reason.hasPrefix("smart would give up here: ") == true)
        #expect(rounds.map(\.verdict) == ["next", "next", "next", "next", "stop", "stop"])
    }
}
