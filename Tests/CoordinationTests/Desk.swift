import Testing

@testable import Coordination

/// A coordinator under test: what happens to it, what it keeps, and what it has told whom.
///
/// Members are numbered by their connections. Nothing may be sent of a group before it is stored.
struct Desk {
    var groups: Groups
    var now = Moment(seconds: 1000, time: 1_700_000_000)
    var stored: [String: GroupRecord] = [:]
    var sent: [Int: [CoordinatorMessage]] = [:]
    var closed: Set<Int> = []
    var logs: [(LogLevel, String)] = []
    private let table: RulesTable

    init(_ rules: GroupRules = GroupRules()) {
        table = RulesTable(standard: rules)
        groups = Groups(rules: table)
    }

    // MARK: What happens

    mutating func join(
        _ domain: String,
        on connection: Int,
        session: String? = nil,
        application: String = "shop",
        _ change: (inout Join) -> Void = { _ in }
    ) {
        var join = Join(
            application: application,
            session: session ?? "session-\(domain)",
            domain: domain,
            uuid: "uuid-\(domain)",
            host: "alpha",
            memoryByteCount: 1 << 30
        )
        change(&join)
        carryOut(groups.joins(join, on: ConnectionID(connection), at: now))
    }

    mutating func say(_ state: MemberState, from connection: Int, reason: String = "") {
        receive(.state(StateChange(state, reason: reason)), from: connection)
    }

    mutating func progress(
        pause: Int,
        from connection: Int,
        ready: Double? = nil,
        _ change: (inout Progress) -> Void = { _ in }
    ) {
        var progress = Progress()
        progress.round = 3
        progress.pauseMilliseconds = pause
        progress.remainingByteCount = pause * 10_000
        progress.transferredByteCount = 1_000_000_000
        progress.bytesPerSecond = 10_000_000
        progress.secondsToReady = ready
        change(&progress)
        receive(.progress(progress), from: connection)
    }

    mutating func receive(_ message: MemberMessage, from connection: Int) {
        carryOut(groups.receives(message, from: ConnectionID(connection), at: now))
    }

    mutating func lose(_ connection: Int) {
        carryOut(groups.loses(ConnectionID(connection), at: now))
    }

    mutating func operate(_ request: OperatorRequest) -> OperatorAnswer {
        let (answer, effects) = groups.operate(request, at: now)
        carryOut(effects)
        return answer
    }

    /// Time passes; the members named repeat how far they are.
    mutating func wait(_ seconds: Double, hearing connections: [Int] = []) {
        let end = now.seconds + seconds
        while now.seconds < end - 1e-9 {
            let step = min(0.1, end - now.seconds)
            now.seconds += step
            now.time += step
            for connection in connections {
                let shown = groups.snapshots(at: now).flatMap(\.members)
                guard shown.indices.contains(connection - 1) else { continue }
                receive(.progress(shown[connection - 1].progress), from: connection)
            }
            carryOut(groups.tick(at: now))
        }
    }

    /// The coordinator is killed, and another one takes up what was stored.
    mutating func restart() {
        groups = Groups(rules: table)
        carryOut(groups.restore(Array(stored.values), at: now))
    }

    private mutating func carryOut(_ effects: [Effect]) {
        var sentGroups = false
        for effect in effects {
            switch effect {
            case .store(let record):
                #expect(!sentGroups || effects.count > 20, "stored after something was sent")
                stored["\(record.application) \(record.group)"] = record
            case .forget(let application, let group):
                stored["\(application) \(group)"] = nil
            case .send(let message, let connection):
                sentGroups = true
                sent[connection.number, default: []].append(message)
            case .close(let connection):
                closed.insert(connection.number)
            case .log(let level, let text):
                logs.append((level, text))
            }
        }
    }

    // MARK: What has followed

    func decisions(_ connection: Int) -> [Decision] {
        (sent[connection] ?? []).compactMap {
            if case .decision(let decision) = $0 { decision } else { nil }
        }
    }

    func told(_ connection: Int) -> [Decision.Action] { decisions(connection).map(\.action) }

    func refusal(_ connection: Int) -> String? {
        for case .refusal(let refusal) in sent[connection] ?? [] { return refusal.reason }
        return nil
    }

    func welcome(_ connection: Int) -> Welcome? {
        for case .welcome(let welcome) in sent[connection] ?? [] { return welcome }
        return nil
    }

    var snapshot: GroupSnapshot? { groups.snapshots(at: now).last }
    var state: GroupState? { snapshot?.state }

    func hasLogged(_ level: LogLevel, _ text: String) -> Bool {
        logs.contains { $0.0 == level && $0.1.contains(text) }
    }
}

extension GroupRules {
    /// Rules for so many members, of which some are changed.
    static func pair(
        _ count: Int = 2,
        _ change: (inout GroupRules) -> Void = { _ in }
    ) -> GroupRules {
        var rules = GroupRules()
        rules.memberCount = count
        change(&rules)
        return rules
    }
}
