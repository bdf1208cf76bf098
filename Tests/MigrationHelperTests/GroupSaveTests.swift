import Glibc
import LibxlSide
import MigrationReport
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// A save that is a member of a group, and a coordinator that follows a script.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct GroupSaveTests {
    private func guest(pageCount: Int = 600) throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 5, pageCount: pageCount))
    }

    /// What makes a save a member; the guest writes all the time.
    private func membership(
        _ files: TracedFiles,
        at path: String,
        _ more: [String: String] = [:]
    ) -> [String: String] {
        [
            "SIMULATED_XEN_TIME_SCALE": "1e6", "CLOUDNET_REPORT": files.report,
            "CLOUDNET_APPLICATION": "shop", "CLOUDNET_COORDINATOR": "unix:\(path)",
            "CLOUDNET_APPLICATION_MEMBERS": "2", "CLOUDNET_COORDINATOR_DEADLINE": "2s",
        ].merging(more) { $1 }
    }

    /// What the save said of its state, in order.
    private func states(_ coordinator: ScriptedCoordinator) -> [String] {
        coordinator.lines.filter { $0.contains(#""type":"state""#) }.compactMap { line in
            line.split(separator: #""state":""#).last?.split(separator: "\"").first.map(String.init)
        }
    }

    // MARK: As it should be

    @Test func withoutAnApplicationNobodyIsAsked() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { $0.welcome() }
        let moved = try await files.migrate(
            membership(files, at: coordinator.path, ["CLOUDNET_APPLICATION": "none"])
        )
        try files.expectEqualMemory(moved)
        #expect(coordinator.connectionCount == 0)
        let end = try #require(try files.reportedMigrations().first?.end)
        #expect(end.heldMilliseconds == nil)
    }

    @Test(arguments: [("smart", "extended"), ("stock", "extended"), ("observe", "stock")])
    func aReadyGuestIsHeldUntilItIsToldToStop(policy: String, format: String) async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.readLine(with: "join")
            connection.welcome()
            connection.staysAlive()
            connection.readLine(with: #""state":"ready""#)
            connection.decide(1, "hold", #","seconds-to-stop":1.5"#)
            connection.readLine(with: #""state":"waiting""#)
            for _ in 0..<6 { connection.readLine(with: "progress", #""seconds-to-ready":0"#) }
            connection.decide(2, "stop")
            connection.readToEnd()
        }
        let moved = try await files.migrate(
            membership(
                files,
                at: coordinator.path,
                ["CLOUDNET_POLICY": policy, "CLOUDNET_STREAM": format]
            )
        )
        try files.expectEqualMemory(moved)
        #expect(states(coordinator) == ["ready", "waiting", "released", "suspended", "done"])
        let join = try #require(coordinator.lines.first)
        for part in [#""application":"shop""#, #""expected-members":2"#, #""domain":"domain 7""#] {
            #expect(join.contains(part))
        }
        let waits = moved.saved.messages.compactMap { $0.progress?.doing }
            .filter { $0.hasPrefix("waiting for the application's other domains") }
        #expect(!waits.isEmpty)
        #expect(moved.saved.log.contains("the coordinator says stop: because of 2"))
        #expect(moved.saved.log.contains { $0.hasPrefix("ready after round ") })
        let history = try #require(try files.reportedMigrations().first)
        #expect(history.rounds.count { $0.verdict == "hold" } == 1)
        let end = try #require(history.end)
        #expect(end.reason == "because of 2")
        // Six progress messages, five in a second.
        #expect(try #require(end.heldMilliseconds) > 500)
    }

    /// What libxl hears of that after `complete` would make a good migration fail.
    @Test func aCoordinatorThatHangsUpAtTheEndHarmsNobody() async throws {
        for _ in 0..<5 {
            let files = try guest()
            let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
                connection.welcome()
                connection.readLine(with: #""state":"ready""#)
                connection.decide(1, "stop")
                connection.readLine(with: #""state":"done""#)
            }
            let moved = try await files.migrate(membership(files, at: coordinator.path))
            try files.expectEqualMemory(moved)
        }
    }

    @Test func aHeldGuestSendsAClosingRoundAndIsReadyAgain() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.welcome()
            connection.staysAlive()
            for number in 1...2 {
                connection.readLine(with: #""state":"ready""#)
                connection.decide(2 * number, "continue")
                connection.readLine(with: #""state":"iterating""#)
            }
            connection.readLine(with: #""state":"ready""#)
            connection.decide(9, "stop")
            connection.readToEnd()
        }
        let moved = try await files.migrate(membership(files, at: coordinator.path))
        try files.expectEqualMemory(moved)
        let rounds = try #require(try files.reportedMigrations().first?.rounds)
        #expect(rounds.suffix(4).map(\.verdict) == ["hold", "hold", "hold", "stop"])
        #expect(
            states(coordinator) == [
                "ready", "iterating", "ready", "iterating", "ready", "released", "suspended",
                "done",
            ]
        )
    }

    @Test func anOperatorsReleaseStopsAtTheEndOfTheRound() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.welcome()
            connection.decide(1, "stop")
            connection.staysAlive()
            connection.readToEnd()
        }
        let moved = try await files.migrate(
            membership(files, at: coordinator.path, ["CLOUDNET_MIN_ROUNDS": "20"]),
            link: ["--rate", "8M", "--rtt", "10ms"]
        )
        try files.expectEqualMemory(moved)
        #expect(try files.liveRoundCount < 5)
        #expect(states(coordinator) == ["released", "suspended", "done"])
        #expect(try files.reportedMigrations().first?.end?.heldMilliseconds == nil)
    }

    @Test func theCoordinatorMayLimitTheRateButNotThePause() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.welcome()
            connection.staysAlive()
            connection.decide(1, "continue", #","bandwidth-limit":400000"#)
            connection.readLine(with: #""state":"ready""#)
            connection.decide(2, "stop", #","bandwidth-limit":1"#)
            connection.readToEnd()
        }
        let moved = try await files.migrate(membership(files, at: coordinator.path))
        try files.expectEqualMemory(moved)
        #expect(moved.saved.log.contains { $0.contains("at most 400000 bytes per second") })
        let history = try #require(try files.reportedMigrations().first)
        let live = history.rounds.filter { !$0.isPaused }
        let byteCount = live.reduce(0) { $0 + $1.roundByteCount }
        let milliseconds = live.reduce(0) { $0 + $1.roundMilliseconds }
        // The first bytes leave before the decision is there.
        #expect(byteCount * 1000 / max(milliseconds, 1) < 800_000)
        let last = try #require(history.rounds.last)
        #expect(last.isPaused)
        #expect(last.roundByteCount * 1000 / max(last.roundMilliseconds, 1) > 800_000)
    }

    // MARK: Giving up

    @Test func aHeldGuestStaysIfItIsToldTo() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.welcome()
            connection.staysAlive()
            connection.readLine(with: #""state":"ready""#)
            connection.decide(1, "abort")
            connection.readToEnd()
        }
        let saved = try await files.saveToFile(membership(files, at: coordinator.path))
        files.expectGuestStays(saved, errorNumber: ECANCELED)
        let explanation =
            "the coordinator says abort: because of 1; the guest stays on this host"
        #expect(saved.errors.last == explanation)
        #expect(try files.reportedMigrations().first?.end?.reason == explanation)
        #expect(states(coordinator) == ["ready", "failed"])
    }

    @Test(arguments: ["extended", "stock"])
    func anAbortTakesEffectWithinARound(format: String) async throws {
        let files = try guest(pageCount: 8000)
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.welcome()
            connection.staysAlive()
            connection.readLine(with: "progress")
            connection.readLine(with: "progress")
            connection.decide(1, "abort")
            connection.readToEnd()
        }
        // Nobody reads: the first round never ends.
        let pipe = try ClosingPipe()
        let save = try files.startSave(
            to: pipe.writeEnd,
            membership(files, at: coordinator.path, ["CLOUDNET_STREAM": format])
        )
        let saved = await save.converse()
        files.expectGuestStays(saved, errorNumber: ECANCELED)
        #expect(saved.errors.last?.hasPrefix("the coordinator says abort") == true)
        #expect(states(coordinator) == ["failed"])
    }

    @Test func whatEndsASaveEndsItInAHoldToo() async throws {
        for signal in [SIGTERM, SIGKILL] {
            let files = try guest()
            let pipe = try ClosingPipe()
            let restore = try HelperProcess(
                "cloudnet-restore",
                CommandLines.restore,
                stream: pipe.readEnd,
                environment: files.restoreEnvironment
            )
            pipe.closeReadEnd()
            async let restored = restore.converse()
            let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
                connection.welcome()
                connection.staysAlive()
                connection.readToEnd()
            }
            let save = try files.startSave(
                to: pipe.writeEnd,
                membership(files, at: coordinator.path)
            )
            pipe.closeWriteEnd()
            let saved = await save.converse(watching: { message in
                guard message.progress?.doing.hasPrefix("waiting") == true else { return }
                // libxl cancels, or the other side is gone.
                if signal == SIGTERM { save.signal(SIGTERM) } else { restore.signal(SIGKILL) }
            })
            _ = await restored
            files.expectGuestStays(saved, errorNumber: signal == SIGTERM ? ECANCELED : EPIPE)
            #expect(states(coordinator) == ["ready", "failed"])
        }
    }

    // MARK: Without a coordinator

    @Test(arguments: ["abort", "alone"])
    func aCoordinatorThatWasNeverThereIsNotWaitedForForEver(choice: String) async throws {
        let files = try guest(pageCount: 8000)
        // Its link is so slow that it would take 50 seconds.
        let moved = try await files.migrate(
            membership(
                files,
                at: temporaryPath("nobody"),
                [
                    "CLOUDNET_COORDINATOR_LOST": choice,
                    "CLOUDNET_BANDWIDTH_LIMIT": choice == "abort" ? "500k" : "none",
                ]
            )
        )
        #expect(moved.saved.log.contains { $0.hasPrefix("cannot reach the coordinator at unix:") })
        if choice == "abort" {
            files.expectGuestStays(moved.saved, errorNumber: ECANCELED)
            #expect(moved.saved.errors.last?.contains("coordinator-lost is abort") == true)
        } else {
            try files.expectEqualMemory(moved)
            #expect(moved.saved.log.contains { $0.hasSuffix("this save goes on alone") })
        }
    }

    @Test(arguments: ["abort", "alone"])
    func aCoordinatorThatDiesInAHoldIsNotWaitedForForEver(choice: String) async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            if connection.number > 0 { return }
            connection.welcome()
            connection.readLine(with: #""state":"ready""#)
        }
        let moved = try await files.migrate(
            membership(files, at: coordinator.path, ["CLOUDNET_COORDINATOR_LOST": choice])
        )
        #expect(moved.saved.log.contains { $0.hasPrefix("lost the coordinator at unix:") })
        if choice == "abort" {
            files.expectGuestStays(moved.saved, errorNumber: ECANCELED)
            #expect(moved.saved.errors.last?.contains("coordinator-lost is abort") == true)
        } else {
            try files.expectEqualMemory(moved)
            #expect(moved.saved.log.contains { $0.hasSuffix("this save goes on alone") })
        }
    }

    @Test func aCoordinatorThatComesBackInAHoldIsFollowed() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { connection in
            connection.welcome()
            if connection.number == 0 {
                connection.readLine(with: #""state":"ready""#)
                connection.decide(4, "hold")
                connection.readLine(with: #""state":"waiting""#)
            } else {
                connection.staysAlive()
                connection.readLine(with: "join", #""state":"waiting""#, #""last-decision":4"#)
                // From before its restart.
                connection.decide(3, "abort")
                connection.decide(5, "stop")
                connection.readToEnd()
            }
        }
        let moved = try await files.migrate(membership(files, at: coordinator.path))
        try files.expectEqualMemory(moved)
        #expect(moved.saved.log.contains { $0.hasPrefix("is back in group 1") })
    }

    @Test func whatIsNoLiveMigrationIsNoMember() async throws {
        let files = try guest()
        let coordinator = try ScriptedCoordinator(path: temporaryPath("group")) { $0.welcome() }
        let saved = try await files.saveToFile(
            flags: 0,
            membership(files, at: coordinator.path)
        )
        #expect(saved.completion == .success)
        #expect(saved.log.contains { $0.hasPrefix("application is passed over") })
        #expect(coordinator.connectionCount == 0)
    }

    @Test(
        arguments: [
            ["CLOUDNET_COORDINATOR": "tcp:coordinator.example.org:4444"],
            ["CLOUDNET_COORDINATOR_KEY": "/nowhere/key.pem"],
            [
                "CLOUDNET_COORDINATOR": "tcp:localhost:4444",
                "CLOUDNET_COORDINATOR_CA": "/nowhere/ca.pem",
                "CLOUDNET_COORDINATOR_CERTIFICATE": "/nowhere/certificate.pem",
                "CLOUDNET_COORDINATOR_KEY": "/nowhere/key.pem",
            ],
        ]
    )
    func aWrongConnectionStopsBeforeTheStart(setting: [String: String]) async throws {
        let files = try guest()
        let saved = try await files.saveToFile(membership(files, at: "/nowhere", setting))
        files.expectGuestStays(saved, errorNumber: EINVAL)
        #expect(saved.errors.last?.hasSuffix("the guest stays on this host") == true)
        #expect(try readFile(files.stream).isEmpty)
        #expect(try files.events().isEmpty)
    }
}
