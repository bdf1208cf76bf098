import TestSupport
import Testing

@testable import Coordination

/// What `docs/coordinator-protocol.md` shows is what is written, and read.
@Suite struct ProtocolDocumentTests {
    private let examples: [String: String]

    init() throws {
        let path = Repository.path + "/docs/coordinator-protocol.md"
        let text = String(decoding: try Repository.bytes(ofFile: path), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var examples: [String: String] = [:]
        for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("```json example=") {
            examples[String(line.dropFirst(16))] = String(next)
        }
        self.examples = examples
    }

    private func expect<Message: LineMessage & Equatable>(
        _ name: String,
        _ message: Message
    ) throws {
        let example = try #require(examples[name], "no example \(name)")
        #expect(String(decoding: message.line, as: UTF8.self) == example + "\n")
        #expect(try Message(line: Array(example.utf8)) == message)
    }

    private var join: Join {
        Join(
            application: "shop",
            session: "5f0c2a9e",
            domain: "db",
            uuid: "3e1d9a52-7d63-4b5c-9c55-0b1f6d6a7c11",
            host: "alpha",
            memoryByteCount: 4 << 30
        )
    }

    @Test func everyExampleIsTested() {
        #expect(
            examples.keys.sorted() == [
                "abort", "alive", "decision-continue", "decision-hold", "decision-stop", "groups",
                "join", "list", "progress", "refusal", "rejoin", "release", "state",
                "state-failed", "welcome",
            ]
        )
    }

    @Test func whatMembersSayIsAsDocumented() throws {
        try expect("join", MemberMessage.join(join))
        var rejoin = join
        rejoin.state = .waiting
        rejoin.lastDecision = 7
        rejoin.expectedMemberCount = 2
        rejoin.link = "wan"
        try expect("rejoin", MemberMessage.join(rejoin))
        var progress = Progress()
        progress.round = 3
        progress.sentPageCount = 5200
        progress.dirtyPageCount = 2100
        progress.remainingPageCount = 1900
        progress.remainingByteCount = 2_360_000
        progress.transferredByteCount = 1_934_000_000
        progress.bytesPerSecond = 11_800_000
        progress.pauseMilliseconds = 240
        progress.secondsToReady = 0.75
        try expect("progress", MemberMessage.progress(progress))
        try expect("state", MemberMessage.state(StateChange(.ready)))
        try expect(
            "state-failed",
            MemberMessage.state(StateChange(.failed, reason: "the link is down"))
        )
    }

    @Test func whatTheCoordinatorSaysIsAsDocumented() throws {
        try expect(
            "welcome",
            CoordinatorMessage.welcome(
                Welcome(application: "shop", group: 3, memberCount: 1, expectedMemberCount: 2)
            )
        )
        try expect(
            "decision-hold",
            CoordinatorMessage.decision(Decision(number: 7, .hold, reason: "it waits for db"))
        )
        try expect(
            "decision-continue",
            CoordinatorMessage.decision(
                Decision(
                    number: 8,
                    .continue,
                    reason: "so that all on link wan finish together",
                    bandwidthLimit: 4_000_000,
                    secondsToStop: 41.5
                )
            )
        )
        try expect(
            "decision-stop",
            CoordinatorMessage.decision(
                Decision(number: 9, .stop, reason: "all 2 members are ready")
            )
        )
        try expect("alive", CoordinatorMessage.alive)
        let reason =
            "db is migrating already, from alpha: wait for that migration to end, or end it"
        try expect("refusal", CoordinatorMessage.refusal(Refusal(reason: reason)))
    }

    @Test func whatOperatorsSayAndHearIsAsDocumented() throws {
        try expect("list", OperatorRequest.list)
        try expect("abort", OperatorRequest.abort(application: "shop"))
        try expect("release", OperatorRequest.release(application: "shop"))
        var group = GroupSnapshot(
            application: "shop",
            group: 1,
            state: .iterating,
            startTime: 1_700_000_000
        )
        group.expectedMemberCount = 1
        group.reason = "all 1 members are there"
        group.secondsToStop = 12.5
        group.members = [MemberSnapshot(join)]
        try expect("groups", OperatorAnswer.groups([group]))
    }
}
