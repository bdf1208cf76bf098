import Coordination
import CoordinatorServer
import Foundation
import RawMember
import Testing

/// A coordinator with real sockets and a real database.
@Suite(.serialized)
struct CoordinatorTests {
    private let folder: ServerFolder
    private let log = LogLines()

    init() throws { folder = try ServerFolder() }

    private func start(_ store: (any GroupStore)? = nil) async throws -> Coordinator {
        try await Coordinator.start(
            CoordinatorOptions(addresses: [folder.socket, .tcp(host: "127.0.0.1", port: 0)]),
            store: try store ?? SQLiteGroupStore(path: folder.state),
            journal: log.journal
        )
    }

    @Test func twoMembersStopTogetherAtEachAddress() async throws {
        let coordinator = try await start()
        for (index, address) in coordinator.addresses.enumerated() {
            try expectGroupWorks(at: address, application: "application \(index)")
        }
        try await coordinator.stop()
    }

    @Test func onlyTheOwnerCanUseTheSocket() async throws {
        let coordinator = try await start()
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("socket"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try await coordinator.stop()
        #expect(!FileManager.default.fileExists(atPath: folder.path("socket")))
    }

    @Test func operatorsSeeAndAbortGroups() async throws {
        let coordinator = try await start()
        let web = try RawConnection.member("web", of: 2, at: folder.socket)
        guard case .groups(let groups) = try RawConnection.ask(.list, at: folder.socket) else {
            Issue.record("no groups")
            return
        }
        #expect(groups.map(\.application) == ["shop"])
        _ = try RawConnection.ask(.abort(application: "shop"), at: folder.socket)
        #expect(try web.next(.abort) != nil)
        guard case .refusal = try RawConnection.ask(.release(application: "x"), at: folder.socket)
        else {
            Issue.record("an unknown application is released")
            return
        }
        try await coordinator.stop()
    }

    @Test func aRestartedCoordinatorRepeatsAnAbort() async throws {
        var coordinator = try await start()
        let web = try RawConnection.member("web", of: 2, at: folder.socket)
        _ = try RawConnection.ask(.abort(application: "shop"), at: folder.socket)
        #expect(try web.next(.abort) != nil)
        try await coordinator.stop()
        #expect(web.endsWithin(milliseconds: 10_000))
        coordinator = try await start()
        let back = try RawConnection.member("web", of: 2, at: folder.socket)
        #expect(try back.next(.abort) != nil)
        try await coordinator.stop()
    }

    @Test func aDecisionThatCannotBeStoredIsNeverSent() async throws {
        let coordinator = try await start(FullStore())
        let web = try RawConnection(folder.socket)
        web.send(
            .join(
                Join(
                    application: "shop",
                    session: "session",
                    domain: "web",
                    uuid: "00000000-0000-0000-0000-000000000001",
                    host: "host",
                    memoryByteCount: 1 << 30
                )
            )
        )
        await #expect(throws: CoordinatorError.storing(reason: "the disk is full")) {
            try await coordinator.untilEnd()
        }
        try await coordinator.stop()
        #expect(try web.next() == nil)
    }

    @Test func aLiveSocketIsNotTaken() async throws {
        let coordinator = try await start()
        await #expect(throws: CoordinatorError.socketInUse(path: folder.path("socket"))) {
            _ = try await Coordinator.start(
                CoordinatorOptions(addresses: [folder.socket]),
                store: SQLiteGroupStore(path: folder.path("other.sqlite")),
                journal: log.journal
            )
        }
        try expectGroupWorks(at: folder.socket)
        try await coordinator.stop()
    }

    @Test func otherHostsNeedTLS() async throws {
        let address = CoordinatorAddress.tcp(host: "0.0.0.0", port: 7420)
        await #expect(throws: CoordinatorError.unprotected(address)) {
            _ = try await Coordinator.start(
                CoordinatorOptions(addresses: [address]),
                store: SQLiteGroupStore(path: folder.state),
                journal: log.journal
            )
        }
    }
}

/// A store that takes nothing.
private struct FullStore: GroupStore {
    struct Full: Error, CustomStringConvertible { let description = "the disk is full" }

    func records() throws -> [GroupRecord] { [] }
    func write(_ changes: [GroupChange]) throws { throw Full() }
    func close() throws {}
}
