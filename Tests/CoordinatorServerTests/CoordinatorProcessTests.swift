import Coordination
import CoordinatorClient
import Foundation
import Glibc
import RawMember
import Synchronization
import Testing

/// The real executable: killed and restarted, and with TLS.
@Suite(.serialized)
struct CoordinatorProcessTests {
    private let folder: ServerFolder

    init() throws { folder = try ServerFolder() }

    private func start(_ arguments: String...) throws -> CoordinatorProcess {
        try CoordinatorProcess(
            program: CoordinatorProcess.path(of: "cloudnet-coordinator"),
            ["--listen", "\(folder.socket)", "--state", folder.state] + arguments,
            address: folder.socket
        )
    }

    @Test func aKilledCoordinatorRepeatsItsRelease() throws {
        var coordinator = try start()
        let members = try ["web", "db"].map {
            try RawConnection.member($0, of: 2, at: folder.socket)
        }
        for member in members {
            member.send(.progress(Progress()))
            member.change(to: .ready)
        }
        #expect(try members[0].next(.stop) != nil)
        #expect(coordinator.end(SIGKILL) == SIGKILL)
        coordinator = try start()
        // It has not seen its decision when it comes back.
        let back = try RawConnection.member("db", of: 2, at: folder.socket, state: .waiting)
        #expect(try back.next(.stop) != nil)
        #expect(coordinator.end(SIGTERM) == 0)
    }

    @Test func aKilledCoordinatorTakesUpAGroup() throws {
        let first = try start()
        _ = try RawConnection.member("web", of: 2, at: folder.socket)
        #expect(first.end(SIGKILL) == SIGKILL)
        let second = try start()
        for domain in ["web", "db"] {
            _ = try RawConnection.member(domain, of: 2, at: folder.socket)
        }
        guard case .groups(let groups) = try RawConnection.ask(.list, at: folder.socket) else {
            Issue.record("no groups")
            return
        }
        #expect(groups.map(\.members.count) == [2])
        #expect(second.end(SIGTERM) == 0)
    }

    @Test func onlyCertificatesOfTheAuthorityAreServed() throws {
        try shell(
            """
            for name in ours theirs; do
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
                    -subj "/CN=$name" -keyout $name-ca.key -out $name-ca.pem
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
                    -subj "/CN=localhost" -keyout $name.key -out $name.csr
                echo "subjectAltName=DNS:localhost" > $name.ext
                openssl x509 -req -in $name.csr -CA $name-ca.pem -CAkey $name-ca.key \
                    -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
            done
            """
        )
        let port = 30_000 + Int(getpid()) % 10_000
        let coordinator = try start(
            "--listen",
            "tcp:127.0.0.1:\(port)",
            "--tls-ca",
            folder.path("ours-ca.pem"),
            "--tls-certificate",
            folder.path("ours.pem"),
            "--tls-key",
            folder.path("ours.key")
        )
        let join = String(
            decoding: MemberMessage.join(
                Join(
                    application: "shop",
                    session: "session",
                    domain: "web",
                    uuid: "00000000-0000-0000-0000-000000000001",
                    host: "host",
                    memoryByteCount: 1
                )
            ).line,
            as: UTF8.self
        )
        func answer(_ identity: String) throws -> String {
            try shell(
                "(echo '\(join.dropLast())'; sleep 2) | timeout 10 openssl s_client -quiet "
                    + "-connect 127.0.0.1:\(port) -CAfile ours-ca.pem \(identity) 2>/dev/null"
            )
        }
        #expect(try answer("-cert ours.pem -key ours.key").contains("\"welcome\""))
        #expect(try !answer("-cert theirs.pem -key theirs.key").contains("welcome"))
        #expect(try !answer("").contains("welcome"))
        #expect(try joinsOverTLS("ours", trusting: "ours", port: port))
        #expect(try !joinsOverTLS("theirs", trusting: "ours", port: port))
        #expect(try !joinsOverTLS("ours", trusting: "theirs", port: port))
        try expectGroupWorks(at: folder.socket, application: "beside them")
        #expect(coordinator.end(SIGTERM) == 0)
    }

    /// Whether a save's own client is taken into a group; if not, its log says why.
    private func joinsOverTLS(_ name: String, trusting authority: String, port: Int) throws -> Bool
    {
        let log = Log()
        let member = try GroupMember(
            Join(
                application: "over TLS",
                session: "session \(name) \(authority)",
                domain: "domain",
                uuid: "00000000-0000-0000-0000-000000000002",
                host: "host",
                memoryByteCount: 1
            ),
            at: .tcp(host: "localhost", port: port),
            tls: MutualTLS(
                authorityPath: folder.path("\(authority)-ca.pem"),
                certificatePath: folder.path("\(name).pem"),
                keyPath: folder.path("\(name).key")
            ),
            observer: GroupMember.Observer(log: { log.add($1) }, decided: { _ in })
        )
        defer {
            member.change(to: .failed)
            member.close(waitingAtMost: 1, reconnecting: false)
        }
        for _ in 0..<3000 where !member.hasJoined && !log.text.contains("trying again") {
            usleep(10_000)
        }
        #expect(member.hasJoined || log.text.contains("the coordinator at tcp:localhost"))
        return member.hasJoined
    }

    private final class Log: Sendable {
        private let lines = Mutex("")
        var text: String { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0 += line + "\n" } }
    }

    @discardableResult
    private func shell(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
