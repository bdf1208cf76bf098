import Coordination
import CoordinatorClient
import Glibc
import Synchronization
import TestSupport
import Testing

/// What a member tells its save.
final class Listener: Sendable {
    private let state = Mutex(State())

    private struct State {
        var warnings: [String] = []
        var notes: [String] = []
        var decisions: [Decision] = []
    }

    var warnings: [String] { state.withLock { $0.warnings } }
    var notes: [String] { state.withLock { $0.notes } }
    var decisions: [Decision] { state.withLock { $0.decisions } }

    var observer: GroupMember.Observer {
        GroupMember.Observer(
            log: { [self] isWarning, text in
                state.withLock { state in
                    if isWarning { state.warnings.append(text) } else { state.notes.append(text) }
                }
            },
            decided: { [self] decision in state.withLock { $0.decisions.append(decision) } }
        )
    }
}

/// A place for a socket.
func socketPath() -> String {
    "/tmp/cloudnet-group-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
}

func join(_ session: String = "s1") -> Join {
    Join(
        application: "shop",
        session: session,
        domain: "web",
        uuid: "5f3c1a2e-0a63-4a4e-9d0f-3a1f1f0e6c11",
        host: "here",
        memoryByteCount: 1 << 30
    )
}

func member(at path: String, _ listener: Listener) throws -> GroupMember {
    try GroupMember(join(), at: .unix(path: path), tls: nil, observer: listener.observer)
}

/// Waits until something is so; false if it is not for half a minute.
func waits(_ condition: () -> Bool) -> Bool {
    for _ in 0..<3000 {
        if condition() { return true }
        usleep(10_000)
    }
    return false
}

/// The messages of a member, as the coordinator would read them.
func messages(_ lines: [String]) throws -> [MemberMessage] {
    try lines.map { try MemberMessage(line: Array($0.utf8)) }
}
