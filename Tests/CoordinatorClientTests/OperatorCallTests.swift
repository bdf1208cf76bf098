import Coordination
import CoordinatorClient
import TestSupport
import Testing

/// What an operator's tool asks.
@Suite(.timeLimit(.minutes(2)))
struct OperatorCallTests {
    @Test func anAnswerMayBeLong() throws {
        let groups = (0..<2000).map { number in
            var group = GroupSnapshot(
                application: "shop \(number)",
                group: number,
                state: .gathering,
                startTime: 1
            )
            group.reason = String(repeating: "x", count: 1000)
            return group
        }
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            guard connection.readLine() == #"{"type":"list"}"# else { return }
            let line = String(decoding: OperatorAnswer.groups(groups).line, as: UTF8.self)
            var rest = line.utf8[...]
            while !rest.isEmpty {
                let count = connection.send(String(rest.prefix(100_000)) ?? "")
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
            connection.readToEnd()
        }
        let answer = try OperatorCall.ask(.list, at: .unix(path: coordinator.path))
        #expect(answer == .groups(groups))
    }

    @Test func aRefusalIsAnAnswer() throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.readLine(with: "release", "shop")
            connection.send(#"{"type":"refusal","reason":"there is no such group"}"# + "\n")
            connection.readToEnd()
        }
        let answer = try OperatorCall.ask(
            .release(application: "shop"),
            at: .unix(path: coordinator.path)
        )
        #expect(answer == .refusal(Refusal(reason: "there is no such group")))
    }

    @Test(arguments: ["", "garbage\n", #"{"type":"groups","groups":["#])
    func noAnswerIsAnError(text: String) throws {
        let coordinator = try ScriptedCoordinator(path: socketPath()) { connection in
            connection.readLine()
            connection.send(text)
        }
        #expect(throws: (any Error).self) {
            try OperatorCall.ask(.list, at: .unix(path: coordinator.path))
        }
        let silent = try ScriptedCoordinator(path: socketPath()) { $0.readToEnd() }
        #expect(throws: OperatorCallError.self) {
            try OperatorCall.ask(.list, at: .unix(path: silent.path), waitingAtMost: 0.2)
        }
        #expect(throws: OperatorCallError.self) {
            try OperatorCall.ask(.list, at: .unix(path: socketPath()))
        }
    }
}
