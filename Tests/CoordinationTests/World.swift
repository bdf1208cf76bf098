import TestSupport

@testable import Coordination

/// Members, a coordinator and what is between them, in simulated time, with faults by chance.
struct World {
    struct Faults {
        /// How often each of them happens, per second.
        var membersDie = 0.0
        var connectionsBreak = 0.0
        var coordinatorDies = 0.0
        /// How long a message takes at most.
        var delay = 0.0
        /// How long it may take until an end sees that a connection is lost, and until it is back.
        var unawareSeconds = 0.0
        var downSeconds = 0.0

        static let none = Faults()
    }

    /// One end's messages on their way, each with the time it arrives.
    private struct Pipe<Message> {
        var messages: [(time: Double, message: Message)] = []

        mutating func add(_ message: Message, arriving time: Double) {
            messages.append((max(time, messages.last?.time ?? 0), message))
        }

        mutating func take(until now: Double) -> Message? {
            guard let first = messages.first, first.time <= now + 1e-9 else { return nil }
            return messages.removeFirst().message
        }
    }

    private struct Line {
        var member: Int
        var isBroken = false
        var memberSeesEndAt = Double.infinity
        var coordinatorSeesEndAt = Double.infinity
        var toCoordinator = Pipe<MemberMessage>()
        var toMember = Pipe<CoordinatorMessage>()
    }

    let rules: GroupRules
    let faults: Faults
    let step: Double
    var members: [SimulatedMember]
    var random: SeededGenerator
    var now = 0.0

    private var groups: Groups
    private var stored: [Int: GroupRecord] = [:]
    private var lines: [Int: Line] = [:]
    private var lineOf: [Int: Int] = [:]
    private var reconnectAt: [Int: Double] = [:]
    private var lineCount = 0
    private var downUntil: Double?
    private var killAfterEffects: Int?
    /// What was sent, by group: member, session and decision.
    private(set) var told: [(group: Int, member: Int, decision: Decision)] = []
    /// What is wrong, if anything is.
    private(set) var faultsFound: [String] = []
    private(set) var restartCount = 0
    private(set) var logs: [String] = []

    init(
        _ guests: [SimulatedMember.Guest],
        rules: GroupRules,
        faults: Faults = .none,
        seed: UInt64,
        step: Double = 0.05,
        link: String? = nil
    ) {
        self.rules = rules
        self.faults = faults
        self.step = step
        random = SeededGenerator(seed: seed)
        groups = Groups(rules: RulesTable(standard: rules))
        members = guests.enumerated().map { number, guest in
            var join = Join(
                application: "shop",
                session: "session-\(number)",
                domain: "domain-\(number)",
                uuid: "uuid-\(number)",
                host: "alpha",
                memoryByteCount: Int(guest.memoryByteCount)
            )
            join.link = link
            return SimulatedMember(guest, join, at: 0)
        }
        for number in members.indices { reconnectAt[number] = 0 }
    }

    // MARK: Time

    /// Runs until all members are over, or so many seconds are.
    mutating func run(seconds: Double) {
        while now < seconds, !members.allSatisfy(\.isOver) { advance() }
        // The coordinator hears of the end, or gives up who is gone.
        let end = now + rules.gatheringLimit + rules.gatheringWindow + rules.rejoinLimit + 10
        let least = now + 1
        while now < least || now < end && !snapshots().allSatisfy(\.state.isOver) { advance() }
    }

    mutating func advance() {
        now += step
        if let time = downUntil, time <= now { restart() }
        breakThings()
        for number in members.indices {
            members[number].advance(to: now, by: step)
            connect(number)
            flush(number)
        }
        for id in lines.keys.sorted() { move(id) }
        if downUntil == nil, Int(now / step) % max(1, Int(0.1 / step)) == 0 {
            carryOut(groups.tick(at: moment))
        }
    }

    var moment: Moment { Moment(seconds: now, time: 1_700_000_000 + now) }

    func snapshots() -> [GroupSnapshot] { groups.snapshots(at: moment) }

    private mutating func happens(_ perSecond: Double) -> Bool {
        perSecond > 0 && Double.random(in: 0..<1, using: &random) < perSecond * step
    }

    private mutating func some(_ seconds: Double) -> Double {
        seconds > 0 ? Double.random(in: 0...seconds, using: &random) : 0
    }

    // MARK: Faults

    private mutating func breakThings() {
        for number in members.indices where !members[number].isOver {
            if happens(faults.membersDie) {
                let tells = Bool.random(using: &random)
                members[number].die(telling: tells ? "killed" : nil)
                flush(number)
                if !tells { breakLine(of: number) }
            } else if happens(faults.connectionsBreak) {
                breakLine(of: number)
            }
        }
        if downUntil == nil, killAfterEffects == nil, happens(faults.coordinatorDies) {
            killAfterEffects = Int.random(in: 0...3, using: &random)
        }
    }

    private mutating func breakLine(of member: Int) {
        guard let id = lineOf[member], lines[id]?.isBroken == false else { return }
        lines[id]?.isBroken = true
        let ends = (now + some(faults.unawareSeconds), now + some(faults.unawareSeconds))
        lines[id]?.memberSeesEndAt = ends.0
        lines[id]?.coordinatorSeesEndAt = ends.1
        lines[id]?.toCoordinator.messages = []
        lines[id]?.toMember.messages = []
    }

    private mutating func kill() {
        killAfterEffects = nil
        downUntil = now + 0.1 + some(faults.downSeconds)
        for id in lines.keys.sorted() {
            lines[id]?.isBroken = true
            lines[id]?.coordinatorSeesEndAt = .infinity
            let end = now + some(0.5)
            lines[id]?.memberSeesEndAt = end
            lines[id]?.toCoordinator.messages = []
            // What was sent before may still arrive.
            if Bool.random(using: &random) { lines[id]?.toMember.messages = [] }
        }
    }

    private mutating func restart() {
        downUntil = nil
        restartCount += 1
        groups = Groups(rules: RulesTable(standard: rules))
        carryOut(groups.restore(Array(stored.values), at: moment))
    }

    // MARK: Messages

    private mutating func connect(_ number: Int) {
        guard downUntil == nil, lineOf[number] == nil, let time = reconnectAt[number], time <= now,
            !members[number].isOver || !members[number].outbox.isEmpty
                || members[number].state == .done
        else { return }
        reconnectAt[number] = nil
        lineCount += 1
        lines[lineCount] = Line(member: number)
        lineOf[number] = lineCount
        // A join says what the newest state is.
        let old = members[number].outbox
        members[number].outbox = old.filter {
            if case .state(let c) = $0 { c.state.isOver } else { false }
        }
        let join = MemberMessage.join(members[number].joinNow)
        let arrival = now + some(faults.delay)
        lines[lineCount]?.toCoordinator.add(join, arriving: arrival)
    }

    private mutating func flush(_ number: Int) {
        guard let id = lineOf[number] else { return }
        for message in members[number].outbox where lines[id]?.isBroken == false {
            let arrival = now + some(faults.delay)
            lines[id]?.toCoordinator.add(message, arriving: arrival)
        }
        members[number].outbox = []
    }

    private mutating func move(_ id: Int) {
        guard let line = lines[id] else { return }
        while downUntil == nil, let message = lines[id]?.toCoordinator.take(until: now) {
            let connection = ConnectionID(id)
            if case .join(let join) = message {
                carryOut(groups.joins(join, on: connection, at: moment))
            } else {
                carryOut(groups.receives(message, from: connection, at: moment))
            }
        }
        while lineOf[line.member] == id, let message = lines[id]?.toMember.take(until: now) {
            members[line.member].hear(message, at: now)
            flush(line.member)
        }
        if downUntil == nil, lines[id]?.isBroken == false { members[line.member].heardAt = now }
        if lines[id]?.memberSeesEndAt ?? .infinity <= now, lineOf[line.member] == id {
            lineOf[line.member] = nil
            reconnectAt[line.member] = now + some(faults.downSeconds)
        }
        if lines[id]?.coordinatorSeesEndAt ?? .infinity <= now, downUntil == nil {
            lines[id]?.coordinatorSeesEndAt = .infinity
            carryOut(groups.loses(ConnectionID(id), at: moment))
        }
    }

    private mutating func carryOut(_ effects: [Effect]) {
        for effect in effects {
            if let left = killAfterEffects {
                if left == 0 { return kill() }
                killAfterEffects = left - 1
            }
            switch effect {
            case .store(let record):
                stored[record.group] = record
            case .forget(_, let group):
                stored[group] = nil
            case .send(let message, let connection):
                send(message, connection.number)
            case .close(let connection):
                lines[connection.number]?.isBroken = true
                lines[connection.number]?.memberSeesEndAt = now
            case .log(_, let text):
                logs.append("\(now): \(text)")
            }
        }
    }

    private mutating func send(_ message: CoordinatorMessage, _ id: Int) {
        guard let line = lines[id] else { return }
        if case .decision(let decision) = message {
            check(decision, line.member)
        }
        guard !line.isBroken else { return }
        let arrival = now + some(faults.delay)
        lines[id]?.toMember.add(message, arriving: arrival)
    }

    private mutating func check(_ decision: Decision, _ member: Int) {
        let session = members[member].join.session
        let record = stored.values.first {
            $0.members.contains { $0.join.session == session }
        }
        told.append((record?.group ?? 0, member, decision))
        let stored = record?.members.first { $0.join.session == session }?.decision
        if decision.action != .alone || record != nil, stored?.number != decision.number {
            faultsFound.append("\(now): \(decision) for \(member) was sent but not stored")
        }
        let isReleased = record?.state == .released || record?.state == .done
        if decision.action == .stop, !isReleased {
            faultsFound.append("\(now): \(member) is told to stop in a group that is not released")
        }
    }
}
