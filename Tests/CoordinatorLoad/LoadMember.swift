internal import Coordination
internal import RawMember

/// A member that becomes ready at its time, and does what it is told.
final class LoadMember {
    let group: Int
    private let connection: RawConnection
    private let readyAt: Double
    private var nextProgressAt = 0.0
    private var isHeld = false

    /// When it said last that it is ready, in seconds.
    private(set) var readySentAt: Double?
    /// When it read that it is to stop.
    private(set) var stopReadAt: Double?

    var descriptor: Int32 { connection.descriptor }

    /// Joins a group of so many members.
    init(
        _ number: Int,
        group: Int,
        of memberCount: Int,
        at address: CoordinatorAddress,
        readyAt: Double
    )
        throws
    {
        self.group = group
        self.readyAt = readyAt
        connection = try RawConnection(address)
        var join = Join(
            application: "application-\(group)",
            session: "session-\(number)",
            domain: "domain-\(number)",
            uuid: "00000000-0000-0000-0000-\(String(1_000_000_000_000 + number).dropFirst())",
            host: "host-\(number % 16)",
            memoryByteCount: 1 << 30
        )
        join.expectedMemberCount = memberCount
        connection.send(.join(join))
    }

    /// Does what is due: once a second, and five times while held, it says how far it is.
    func act(at now: Double) {
        guard stopReadAt == nil else { return }
        if now >= nextProgressAt {
            nextProgressAt = now + (isHeld ? 0.2 : 1) * Double.random(in: 0.8..<1)
            var progress = Progress()
            progress.round = 5
            progress.transferredByteCount = 1 << 30
            progress.bytesPerSecond = 100_000_000
            progress.pauseMilliseconds = 20
            connection.send(.progress(progress))
        }
        if readySentAt == nil, now >= readyAt { becomeReady(at: now) }
    }

    /// Reads what there is.
    func read(now: () -> Double) throws {
        guard connection.receive(milliseconds: 0) else { return }
        while let line = connection.takeLine() {
            guard case .decision(let decision) = try CoordinatorMessage(line: line) else {
                continue
            }
            switch decision.action {
            case .hold: connection.send(.state(StateChange(.waiting)))
            case .continue where isHeld:
                connection.send(.state(StateChange(.iterating)))
                becomeReady(at: now())
            case .stop:
                stopReadAt = now()
                for state in [MemberState.released, .suspended, .done] {
                    connection.send(.state(StateChange(state)))
                }
            default: break
            }
        }
        if connection.isAtEnd, stopReadAt == nil { throw LoadFailure("a member was dropped") }
    }

    private func becomeReady(at now: Double) {
        isHeld = true
        readySentAt = now
        connection.send(.state(StateChange(.ready)))
    }
}

/// The load was not borne.
struct LoadFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
