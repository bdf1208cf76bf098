import Glibc
import LibxlSide
import MigrationReport
import ReportDrawing
import TestSupport
import Testing

/// What the save helper makes of an operator's budgets, with a guest that never gets quiet.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct StopBudgetTests {
    /// About 2 MB of which three quarters are noise; all of it is dirty after each round.
    private func guest() throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 5))
    }

    private func migrate(
        _ files: TracedFiles,
        _ settings: [String: String],
        link: [String]? = nil
    ) async throws -> (saved: Conversation, restored: Conversation) {
        try await files.migrate(
            settings.merging([
                "SIMULATED_XEN_TIME_SCALE": "1e6", "CLOUDNET_REPORT": files.report,
            ]) { $1 },
            link: link
        )
    }

    /// So slow that no pause is shorter than a millisecond.
    private static let slowLink = ["--rate", "4M", "--rtt", "10ms", "--queue", "64k"]

    private func stopLine(_ saved: Conversation) -> String {
        saved.log.last { $0.hasPrefix("stopped after round ") } ?? ""
    }

    // MARK: max-pause

    @Test func aPauseThatFitsIsTaken() async throws {
        let files = try guest()
        let moved = try await migrate(files, ["CLOUDNET_MAX_PAUSE": "1h"])
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == 1)
        #expect(stopLine(moved.saved).hasSuffix("; that fits max-pause, 3,600 s"))
        let history = try #require(try files.reportedMigrations().first)
        #expect(history.start?.pauseLimitMilliseconds == 3_600_000)
        #expect(history.end?.reason == "that fits max-pause, 3,600 s")
    }

    @Test func moreRoundsAreSentIfTheOperatorWants() async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            ["CLOUDNET_MAX_PAUSE": "1h", "CLOUDNET_MIN_ROUNDS": "4"]
        )
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount == 4)
        let rounds = try #require(try files.reportedMigrations().first).rounds
        #expect(rounds.prefix(3).allSatisfy { $0.reason == "min-rounds asks for 4" })
    }

    @Test func aPauseThatCannotFitIsTakenAndSaid() async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            ["CLOUDNET_MAX_PAUSE": "1ms", "CLOUDNET_WHEN_UNMET": "stop"],
            link: Self.slowLink
        )
        try files.expectEqualMemory(moved)
        #expect(stopLine(moved.saved).contains("max-pause, 1 ms, cannot be met: the best was "))
        // Not before there is evidence.
        #expect(try files.liveRoundCount > 3)
    }

    @Test(arguments: ["extended", "stock"])
    func aPauseThatCannotFitEndsTheMigrationIfTheOperatorWants(format: String) async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            [
                "CLOUDNET_MAX_PAUSE": "1ms", "CLOUDNET_WHEN_UNMET": "abort",
                "CLOUDNET_STREAM": format,
            ],
            link: ["--rate", "8M", "--rtt", "10ms", "--queue", "64k"]
        )
        files.expectGuestStays(moved.saved, errorNumber: ECANCELED)
        let explanation = moved.saved.errors.last ?? ""
        #expect(explanation.hasPrefix("gave up after round "))
        #expect(explanation.contains("max-pause, 1 ms, cannot be met"))
        #expect(explanation.contains("the guest stays at the source"))
        #expect(explanation.contains("when-unmet"))
        #expect(moved.restored.completion == Completion(result: -1, errorNumber: ECONNRESET))
        let history = try #require(try files.reportedMigrations().first)
        #expect(history.rounds.last?.verdict == "abort")
        #expect(history.end?.status == .failed)
        #expect(history.end?.reason == explanation)
        #expect(history.end?.pauseMilliseconds == nil)
    }

    // MARK: max-time

    @Test func theTimeEndsTheSearchForAPause() async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            [
                "CLOUDNET_MAX_PAUSE": "1ms", "CLOUDNET_WHEN_UNMET": "continue",
                "CLOUDNET_MAX_TIME": "2s",
            ],
            link: Self.slowLink
        )
        try files.expectEqualMemory(moved)
        #expect(stopLine(moved.saved).contains("; max-time, 2 s, "))
        let rounds = try #require(try files.reportedMigrations().first).rounds
        #expect(rounds.last?.isPaused == true)
        #expect(rounds.dropLast(2).allSatisfy { $0.verdict == "next" })
    }

    /// A save that is to be given up does not wait for the end of a long round.
    @Test func aTimeThatIsOverEndsARound() async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            ["CLOUDNET_MAX_TIME": "1s", "CLOUDNET_WHEN_UNMET": "abort"],
            // Round 0 alone takes much longer.
            link: ["--rate", "100k"]
        )
        files.expectGuestStays(moved.saved, errorNumber: ECANCELED)
        #expect(
            moved.saved.errors.last?.contains("gave up in round 0: max-time is used up") == true
        )
        #expect(try #require(try files.reportedMigrations().first).rounds.isEmpty)
    }

    // MARK: max-bytes

    @Test func bytesThatAreUsedUpEndTheRounds() async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            ["CLOUDNET_MAX_BYTES": "9M", "CLOUDNET_MIN_ROUNDS": "1000"]
        )
        try files.expectEqualMemory(moved)
        #expect(stopLine(moved.saved).contains("; max-bytes, 9 MB, "))
        #expect(try files.liveRoundCount > 1)
    }

    @Test(arguments: ["stop", "abort"])
    func bytesThatDoNotSufficeAreSaid(choice: String) async throws {
        let files = try guest()
        let moved = try await migrate(
            files,
            ["CLOUDNET_MAX_BYTES": "1M", "CLOUDNET_WHEN_UNMET": choice]
        )
        if choice == "stop" {
            try files.expectEqualMemory(moved)
            #expect(stopLine(moved.saved).contains("; max-bytes, 1 MB, cannot be met: "))
        } else {
            files.expectGuestStays(moved.saved, errorNumber: ECANCELED)
            #expect(moved.saved.errors.last?.contains("max-bytes, 1 MB, cannot be met: ") == true)
        }
        // That was clear after the first round.
        #expect(try files.liveRoundCount == 1)
    }
}
