import Coordination
import CoordinatorClient
import Glibc
import TestSupport
import Testing

/// A member and a coordinator that does as it should.
@Suite(.timeLimit(.minutes(2)))
struct GroupMemberTests {
    @Test func whatIsSaidArrivesInOrder() throws {
        let listener = Listener()
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.readLine(with: "join")
            connection.welcome()
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let member = try member(at: coordinator.path, listener)
        #expect(waits { member.hasJoined })
        #expect(member.silentSeconds == 0)
        var progress = Progress()
        for round in 0..<50 {
            progress.round = round
            member.report(progress)
        }
        let states: [MemberState] = [.ready, .waiting, .iterating, .ready, .released, .suspended]
        for state in states { member.change(to: state, reason: "because of \(state)") }
        member.change(to: .done)
        member.close(waitingAtMost: 10, reconnecting: false)
        #expect(waits { coordinator.lines.last?.contains("done") == true })
        let said = try messages(coordinator.lines)
        #expect(said.first == .join(join()))
        let rounds = said.compactMap { message -> Int? in
            guard case .progress(let progress) = message else { return nil }
            return progress.round
        }
        #expect(rounds.last == 49)
        #expect(rounds == rounds.sorted())
        let changes = said.compactMap { message -> StateChange? in
            guard case .state(let change) = message else { return nil }
            return change
        }
        #expect(
            changes == states.map { StateChange($0, reason: "because of \($0)") }
                + [StateChange(.done)]
        )
        #expect(listener.warnings.isEmpty)
        #expect(listener.notes.count == 1)
        #expect(listener.notes.first?.contains("group 1 of application shop") == true)
    }

    @Test func progressIsToldOnceASecondWithoutAnybodysHelp() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.welcome()
            connection.staysAlive()
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let member = try member(at: coordinator.path, Listener())
        member.report(Progress())
        sleep(4)
        member.close(waitingAtMost: 1, reconnecting: false)
        let count = try messages(coordinator.lines).count { message in
            if case .progress = message { true } else { false }
        }
        #expect(3...8 ~= count)
        #expect(coordinator.connectionCount == 1)
    }

    @Test func onlyGrowingNumbersCount() throws {
        let listener = Listener()
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.welcome()
            connection.decide(5, "hold")
            connection.decide(3, "stop")
            connection.decide(5, "abort")
            connection.decide(7, "continue", #","bandwidth-limit":5000000,"seconds-to-stop":2.5"#)
            connection.decide(6, "abort")
            connection.send(#"{"type":"alive","news":["something","to come"]}"# + "\n")
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let member = try member(at: coordinator.path, listener)
        #expect(waits { member.decision?.number == 7 })
        usleep(100_000)
        #expect(listener.decisions.map(\.number) == [5, 7])
        let decision = try #require(member.decision)
        #expect(decision.action == .continue)
        #expect(decision.reason == "because of 7")
        #expect(decision.bandwidthLimit == 5_000_000)
        #expect(decision.secondsToStop == 2.5)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    /// A coordinator is slow, and the network cuts as it likes.
    @Test func howLinesAreCutDoesNotMatter() throws {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        for _ in 0..<20 {
            let numbers = (0..<100).map { _ in Int.random(in: 0..<1000, using: &generator) }
            let actions = numbers.map { _ in
                Decision.Action.allCases.randomElement(using: &generator) ?? .hold
            }
            var stream = ""
            for (number, action) in zip(numbers, actions) {
                let fill = String(repeating: "x", count: .random(in: 0..<1000, using: &generator))
                stream += #"{"type":"decision","number":\#(number),"#
                stream += #""decision":"\#(action)","reason":"\#(fill)"}"# + "\n"
            }
            var pieces: [String] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...6000, using: &generator)
                pieces.append(String(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let coordinator = try ScriptedCoordinator(path: socketPath()) { [pieces] connection in
                connection.welcome()
                for piece in pieces { connection.send(piece) }
                connection.readToEnd()
            }
            defer { coordinator.stop() }
            let listener = Listener()
            let member = try member(at: coordinator.path, listener)
            let newest = try #require(numbers.max())
            #expect(waits { member.decision?.number == newest })
            var expected: [Int] = []
            for number in numbers where number > expected.last ?? -1 { expected.append(number) }
            #expect(
                listener.decisions.map(\.number) == expected,
                "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"
            )
            member.close(waitingAtMost: 1, reconnecting: false)
        }
    }

    @Test func longReasonsStayWithinALine() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.welcome()
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let member = try member(at: coordinator.path, Listener())
        member.change(to: .failed, reason: String(repeating: "\u{1}", count: 1_000_000))
        member.close(waitingAtMost: 10, reconnecting: true)
        #expect(waits { coordinator.lines.contains { $0.contains("failed") } })
        #expect(coordinator.lines.allSatisfy { $0.utf8.count <= 4096 })
    }
}
