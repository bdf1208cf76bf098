import Coordination
import CoordinatorClient
import Glibc
import TestSupport
import Testing

/// A member and a coordinator that dies, restarts, hangs, or is none.
@Suite(.timeLimit(.minutes(2)))
struct UnreliableCoordinatorTests {
    @Test func aMemberComesBackAsWhoItWas() throws {
        let listener = Listener()
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.readLine(with: "join")
            connection.welcome()
            if connection.number == 0 {
                connection.decide(4, "hold")
                connection.readLine(with: "waiting")
            } else {
                connection.staysAlive()
                connection.readToEnd()
            }
        }
        defer { coordinator.stop() }
        let member = try member(at: coordinator.path, listener)
        #expect(waits { member.decision != nil })
        member.follows(try #require(member.decision))
        member.change(to: .waiting, reason: "told to")
        #expect(waits { coordinator.connectionCount == 2 && member.silentSeconds == 0 })
        member.close(waitingAtMost: 1, reconnecting: false)
        let joins = try messages(coordinator.lines).compactMap { message -> Join? in
            guard case .join(let join) = message else { return nil }
            return join
        }
        #expect(joins.count == 2)
        var second = join()
        second.state = .waiting
        second.lastDecision = 4
        #expect(joins.last == second)
        #expect(listener.warnings.count == 1)
        #expect(listener.notes.last?.contains("is back in group 1") == true)
    }

    @Test func whatWasHalfReadIsNotFollowed() throws {
        let whole = #"{"type":"decision","number":9,"decision":"stop","reason":"all are ready"}"#
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.welcome()
            // Even if only the newline is missing.
            connection.send(String(whole.prefix(connection.number == 0 ? whole.count : 40)))
            usleep(50_000)
        }
        defer { coordinator.stop() }
        let listener = Listener()
        let member = try member(at: coordinator.path, listener)
        #expect(waits { coordinator.connectionCount >= 3 })
        #expect(member.decision == nil)
        #expect(listener.decisions.isEmpty)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    @Test(
        arguments: [
            "garbage\n", "\n", "{}\n", #"{"type":"decision","number":1}"# + "\n",
            #"{"type":"decision","number":1e99,"decision":"stop","reason":""}"# + "\n",
            #"{"type":"decision","number":1,"decision":"jump","reason":""}"# + "\n",
            #"{"type":"decision","number":1,"decision":"stop","reason":"\#u{0}"}"# + "\n",
            String(repeating: "[", count: 4000) + "\n", "GET / HTTP/1.1\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\n",
            #"{"type":"decision","number":1,"decision":"stop","reason":""#
                + String(repeating: "x", count: 4096) + "\"}\n",
        ]
    )
    func whatMakesNoSenseIsNotFollowed(text: String) throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.send(text)
            if connection.number < 2 {
                connection.readToEnd()
            } else {
                connection.welcome()
            }
        }
        defer { coordinator.stop() }
        let listener = Listener()
        let member = try member(at: coordinator.path, listener)
        // It ends such connections by itself, and comes back.
        #expect(waits { coordinator.connectionCount >= 3 })
        #expect(member.decision == nil)
        #expect(!listener.warnings.isEmpty)
        #expect(listener.warnings.count <= 4)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    @Test func anEndlessLineIsCutOff() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            guard connection.number == 0 else { return connection.readToEnd() }
            let piece = String(repeating: "x", count: 1 << 20)
            for _ in 0..<1024 where connection.send(piece) > 0 {}
        }
        defer { coordinator.stop() }
        let before = residentByteCount()
        let listener = Listener()
        let member = try member(at: coordinator.path, listener)
        #expect(waits { coordinator.connectionCount == 2 })
        #expect(residentByteCount() - before < 100 << 20)
        #expect(listener.warnings.first?.contains("more than 4096 bytes") == true)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    @Test func aRefusalIsToldOnce() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.readLine(with: "join")
            connection.send(#"{"type":"refusal","reason":"the group is closed"}"# + "\n")
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let listener = Listener()
        let member = try member(at: coordinator.path, listener)
        #expect(waits { coordinator.connectionCount >= 4 })
        #expect(!member.hasJoined)
        #expect(member.silentSeconds > 0.5)
        #expect(listener.warnings.count == 1)
        #expect(listener.warnings.first?.contains("the group is closed") == true)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    @Test func silenceEndsAConnection() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.welcome()
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let listener = Listener()
        let member = try member(at: coordinator.path, listener)
        #expect(waits { member.hasJoined })
        #expect(waits { coordinator.connectionCount == 2 })
        #expect(listener.warnings.first?.contains("said nothing for 5 s") == true)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    @Test func aCoordinatorThatComesLateIsFound() throws {
        let path = socketPath()
        let listener = Listener()
        let member = try member(at: path, listener)
        #expect(waits { member.silentSeconds > 1 })
        #expect(!member.hasJoined)
        let coordinator = try ScriptedCoordinator(path: path) { connection in
            connection.welcome()
            connection.staysAlive()
            connection.readToEnd()
        }
        #expect(waits { member.hasJoined })
        #expect(waits { member.silentSeconds == 0 })
        coordinator.stop()
        #expect(waits { member.silentSeconds > 0 })
        let again = try ScriptedCoordinator(path: path) { connection in
            connection.welcome()
            connection.decide(1, "alone")
            connection.readToEnd()
        }
        #expect(waits { member.decision?.action == .alone })
        again.stop()
        member.close(waitingAtMost: 1, reconnecting: false)
        #expect(listener.warnings.count == 2)
    }

    /// Nothing that the save calls waits, and nothing piles up.
    @Test func aCoordinatorThatDoesNotReadHoldsNobodyUp() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.welcome()
            connection.staysAlive()
            sleep(4)
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        let member = try member(at: coordinator.path, Listener())
        #expect(waits { member.hasJoined })
        let before = residentByteCount()
        for round in 0..<200_000 {
            var progress = Progress()
            progress.round = round
            member.report(progress)
        }
        member.change(to: .ready)
        #expect(residentByteCount() - before < 200 << 20)
        #expect(waits { coordinator.lines.contains { $0.contains("ready\"") } })
        #expect(coordinator.lines.count < 200_000)
        member.close(waitingAtMost: 1, reconnecting: false)
    }

    @Test func theEndIsToldEvenIfThereWasNoConnectionYet() throws {
        let path = socketPath()
        let member = try member(at: path, Listener())
        member.change(to: .failed, reason: "for a reason")
        let coordinator = try ScriptedCoordinator(path: path) { connection in
            connection.readToEnd()
        }
        defer { coordinator.stop() }
        member.close(waitingAtMost: 10, reconnecting: true)
        #expect(waits { coordinator.lines.contains { $0.contains("for a reason") } })
        #expect(coordinator.lines.first?.contains(#""state":"failed""#) == true)
    }

    @Test(arguments: [true, false])
    func theEndIsNotWaitedForForEver(isReconnecting: Bool) throws {
        let member = try member(at: socketPath(), Listener())
        member.change(to: .done)
        let start = ContinuousClock.now
        member.close(waitingAtMost: 0.3, reconnecting: isReconnecting)
        let time = ContinuousClock.now - start
        // A guard against hanging; nobody measures how fast this machine is.
        #expect(time < .seconds(20))
        if isReconnecting { #expect(time > .milliseconds(250)) }
    }

    @Test func filesOfNoUseAreRefusedAtOnce() throws {
        let tls = MutualTLS(
            authorityPath: "/nowhere/ca.pem",
            certificatePath: "/dev/null",
            keyPath: "/nowhere/key.pem"
        )
        #expect(throws: MutualTLSError.self) {
            try GroupMember(
                join(),
                at: .tcp(host: "coordinator.example.org", port: 4444),
                tls: tls,
                observer: Listener().observer
            )
        }
    }

    private func residentByteCount() -> Int {
        var pages = [CChar](repeating: 0, count: 256)
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        let count = fread(&pages, 1, pages.count - 1, file)
        let text = String(
            decoding: pages.prefix(count).map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
