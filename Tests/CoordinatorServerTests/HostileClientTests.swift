import Coordination
import CoordinatorServer
import NIOCore
import RawMember
import Testing

/// Clients that mean no good are dropped, and nobody else notices.
@Suite(.serialized)
struct HostileClientTests {
    private let folder: ServerFolder
    private let log = LogLines()

    init() throws { folder = try ServerFolder() }

    /// Runs a test while a group is under way, and sees that the group ends as it should.
    private func besideAGroup(
        _ limits: CoordinatorLimits = CoordinatorLimits(),
        _ body: () async throws -> Void
    ) async throws {
        FileDescriptorLimit.raise()
        var options = CoordinatorOptions(addresses: [folder.socket])
        options.limits = limits
        let coordinator = try await Coordinator.start(
            options,
            store: SQLiteGroupStore(path: folder.state),
            journal: log.journal
        )
        let first = try RawConnection.member(
            "first",
            of: 2,
            at: folder.socket,
            application: "other"
        )
        first.send(.progress(Progress()))
        first.change(to: .ready)
        try await body()
        try expectGroupWorks(at: folder.socket)
        _ = first
        try await coordinator.stop()
    }

    @Test(arguments: [
        "GET / HTTP/1.1", "{}", "[[[[", "{\"type\":\"progress\"}", "{\"type\":\"join\"}",
        "\u{0}\u{1}",
        String(repeating: "[", count: 4000),
    ])
    func garbageIsRefusedWithAReason(line: String) async throws {
        try await besideAGroup {
            let client = try RawConnection(folder.socket)
            client.send(Array((line + "\n").utf8))
            guard case .refusal = try client.next() else {
                Issue.record("garbage was not refused")
                return
            }
            #expect(client.endsWithin(milliseconds: 10_000))
        }
    }

    @Test func aLineOfAGigabyteIsNotRead() async throws {
        try await besideAGroup {
            let client = try RawConnection(folder.socket)
            let piece = [UInt8](repeating: 0x61, count: 1 << 20)
            var sentCount = 0
            while sentCount < 1 << 30, client.send(piece) { sentCount += piece.count }
            // What the socket's buffers hold is all that could be sent.
            #expect(sentCount < 16 << 20)
        }
    }

    @Test func aThousandConnectionsThatSayNothingHurtNobody() async throws {
        try await besideAGroup {
            var idle: [RawConnection] = []
            for _ in 0..<1000 { idle.append(try RawConnection(folder.socket)) }
            try expectGroupWorks(at: folder.socket, application: "beside them")
            let droppedCount = idle.prefix(400).count { $0.endsWithin(milliseconds: 10_000) }
            #expect(droppedCount == 400)
        }
    }

    @Test func aSilentMemberIsLost() async throws {
        var limits = CoordinatorLimits()
        limits.silenceTime = .milliseconds(300)
        try await besideAGroup(limits) {
            let member = try RawConnection.member(
                "mute",
                of: 2,
                at: folder.socket,
                application: "m"
            )
            #expect(member.endsWithin(milliseconds: 10_000))
            #expect(try await log.shows("has been silent for too long"))
        }
    }

    @Test func aTrickleIsNoJoin() async throws {
        var limits = CoordinatorLimits()
        limits.joinTime = .milliseconds(300)
        try await besideAGroup(limits) {
            let client = try RawConnection(folder.socket)
            for _ in 0..<400 where !client.isAtEnd {
                client.send([0x20])
                client.receive(milliseconds: 50)
            }
            #expect(client.isAtEnd)
        }
    }
}
