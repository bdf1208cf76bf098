import Coordination
import CoordinatorServer
import Foundation
import RawMember
import Synchronization
import Testing

/// A folder that goes away with what is in it.
final class ServerFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/cloudnet-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Where a coordinator of the test listens.
    var socket: CoordinatorAddress { .unix(path: path("socket")) }
    /// Its database.
    var state: String { path("state.sqlite") }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a coordinator has written to its log.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var journal: Journal {
        Journal(from: .debug) { [self] line in lines.withLock { $0.append(line) } }
    }

    func contains(_ text: String) -> Bool {
        lines.withLock { $0.contains { $0.contains(text) } }
    }

    /// Whether a line comes that has a text.
    func shows(_ text: String) async throws -> Bool {
        for _ in 0..<1000 where !contains(text) { try await Task.sleep(for: .milliseconds(10)) }
        return contains(text)
    }
}

extension RawConnection {
    /// A member that has joined a group of so many.
    static func member(
        _ domain: String,
        of count: Int,
        at address: CoordinatorAddress,
        application: String = "shop",
        state: MemberState = .iterating,
        lastDecision: Int? = nil
    ) throws -> RawConnection {
        let connection = try RawConnection(address)
        var join = Join(
            application: application,
            session: "session of \(domain)",
            domain: domain,
            uuid: uuid(of: domain),
            host: "host",
            memoryByteCount: 1 << 30
        )
        join.expectedMemberCount = count
        join.state = state
        join.lastDecision = lastDecision
        connection.send(.join(join))
        guard case .welcome = try #require(try connection.next()) else {
            throw Refusal(reason: "\(domain) is not welcome")
        }
        return connection
    }

    /// A UUID that no other domain of a test has.
    private static func uuid(of domain: String) -> String {
        let digits = domain.utf8.reduce(0) { ($0 * 31 + Int($1)) % 1_000_000_000_000 }
        return "00000000-0000-0000-0000-" + String(1_000_000_000_000 + digits).dropFirst()
    }

    /// Says what the save does.
    func change(to states: MemberState...) {
        for state in states { send(.state(StateChange(state))) }
    }

    /// Asks as an operator.
    static func ask(
        _ request: OperatorRequest,
        at address: CoordinatorAddress
    ) throws -> OperatorAnswer {
        let connection = try RawConnection(address)
        connection.send(request.line)
        let answer = try OperatorAnswer(line: try #require(connection.nextLine()))
        #expect(connection.endsWithin(milliseconds: 10_000))
        return answer
    }
}

/// Takes two members through a whole group.
func expectGroupWorks(at address: CoordinatorAddress, application: String = "shop") throws {
    let web = try RawConnection.member("web", of: 2, at: address, application: application)
    let db = try RawConnection.member("db", of: 2, at: address, application: application)
    for member in [web, db] {
        member.send(.progress(Progress()))
        member.change(to: .ready)
    }
    for member in [web, db] { #expect(try member.next(.stop) != nil) }
    for member in [web, db] { member.change(to: .released, .suspended, .done) }
}
