/// The coordinator's mind: all groups, what happens to them, and what follows from it.
///
/// It has no clock and does no input or output. The caller tells what happens and when, and carries
/// out the effects. Messages are as their lines were read, and so are checked. The caller also sees to
/// what belongs to a connection alone: it sends `alive`, and it reports a connection as lost if it
/// was silent for too long. One message costs no more with many groups than with one.
public struct Groups: Sendable {
    private struct Key: Hashable {
        var application: String
        var number: Int
    }

    private struct Session: Hashable {
        var application: String
        var session: String
    }

    private struct Place {
        var key: Key
        var index: Int
    }

    private let rules: RulesTable
    private var groups: [Key: Group] = [:]
    private var undone: Set<Key> = []
    private var undoneMemberCount = 0
    private var over: [Key] = []
    private var latest: [String: Int] = [:]
    private var sessions: [Session: Place] = [:]
    private var connections: [ConnectionID: Place] = [:]

    /// No groups as yet.
    public init(rules: RulesTable) {
        self.rules = rules
    }

    /// Takes up the groups that were stored before the coordinator was restarted.
    ///
    /// Once, before anything else. Their members have the rejoin limit to come back.
    public mutating func restore(_ records: [GroupRecord], at now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for record in records.sorted(by: { $0.group < $1.group }) {
            let key = Key(application: record.application, number: record.group)
            var group = Group(record, at: now)
            latest[key.application] = key.number
            for (index, member) in record.members.enumerated() {
                let session = Session(application: key.application, session: member.join.session)
                sessions[session] = Place(key: key, index: index)
            }
            if group.state.isOver {
                over.append(key)
            } else {
                undone.insert(key)
                undoneMemberCount += group.members.count
                let limit = OperatorText.seconds(group.rules.rejoinLimit)
                group.log(
                    .info,
                    "\(group.state.rawValue) when the coordinator ended; its members have \(limit) "
                        + "to come back"
                )
            }
            effects += group.takeEffects()
            groups[key] = group
        }
        return effects + prune()
    }

    // MARK: Members

    /// A new connection's first message is a join.
    public mutating func joins(
        _ join: Join,
        on connection: ConnectionID,
        at now: Moment
    ) -> [Effect] {
        let session = Session(application: join.application, session: join.session)
        if let place = sessions[session] {
            if let old = groups[place.key]?.members[place.index].connection {
                connections[old] = nil
            }
            connections[connection] = place
            groups[place.key]?.rejoin(join, on: connection, place.index, at: now)
            return settle(place.key, at: now)
        }
        return admit(join, session, on: connection, at: now)
    }

    private mutating func admit(
        _ join: Join,
        _ session: Session,
        on connection: ConnectionID,
        at now: Moment
    ) -> [Effect] {
        var key = Key(application: join.application, number: latest[join.application] ?? 0)
        let isNew = !undone.contains(key)
        if isNew { key.number += 1 }
        var group =
            groups[key]
            ?? Group(
                application: key.application,
                number: key.number,
                rules: rules.rules(for: key.application),
                at: now
            )
        switch group.rejection(join) ?? rejectionByLimits(isNew) {
        case .refused(let reason):
            return refuse(connection, "\(join.application): \(reason)")
        case .alone(let reason):
            return dismiss(join, group, on: connection, because: reason)
        case nil:
            break
        }
        if let predecessor = group.predecessor(of: join) {
            let name = predecessor.record.join.session
            sessions[Session(application: key.application, session: name)] = nil
            if let old = predecessor.connection { connections[old] = nil }
        }
        undoneMemberCount -= group.members.count
        let place = Place(key: key, index: group.add(join, on: connection, at: now))
        undoneMemberCount += group.members.count
        groups[key] = group
        latest[key.application] = key.number
        undone.insert(key)
        sessions[session] = place
        connections[connection] = place
        return settle(key, at: now)
    }

    /// Why there is no room for another member, perhaps in a new group.
    private func rejectionByLimits(_ isNewGroup: Bool) -> Group.Rejection? {
        if isNewGroup, undone.count >= GroupLimits.groupCount {
            return .refused("there are \(undone.count) groups, and may not be more: try later")
        }
        if undoneMemberCount >= GroupLimits.totalMemberCount {
            return .refused(
                "there are \(undoneMemberCount) members, and may not be more: try later"
            )
        }
        return nil
    }

    /// A member says something.
    public mutating func receives(
        _ message: MemberMessage,
        from connection: ConnectionID,
        at now: Moment
    ) -> [Effect] {
        // A message may still come in on a connection that is closed already.
        guard let place = connections[connection] else { return [] }
        switch message {
        case .progress(let progress):
            groups[place.key]?.note(progress, from: place.index, at: now)
            return []
        case .state(let change):
            groups[place.key]?.change(place.index, to: change, at: now)
            return settle(place.key, at: now)
        case .join:
            return loses(connection, at: now)
                + refuse(connection, "\(place.key.application): a member joins once a connection")
        }
    }

    /// A connection has ended, or was silent for too long.
    public mutating func loses(_ connection: ConnectionID, at now: Moment) -> [Effect] {
        guard let place = connections.removeValue(forKey: connection) else { return [] }
        groups[place.key]?.lose(place.index, at: now)
        return settle(place.key, at: now)
    }

    private func refuse(_ connection: ConnectionID, _ reason: String) -> [Effect] {
        [
            .log(.warning, "refused: \(reason)"),
            .send(.refusal(Refusal(reason: reason)), connection), .close(connection),
        ]
    }

    /// Tells a session that belongs to no group to decide alone.
    private func dismiss(
        _ join: Join,
        _ group: Group,
        on connection: ConnectionID,
        because reason: String
    ) -> [Effect] {
        let welcome = Welcome(
            application: group.application,
            group: group.number,
            memberCount: group.members.count
        )
        let number = (join.lastDecision ?? 0) + 1
        return [
            .log(
                .warning,
                "\(join.application): \(join.domain) is told to decide alone: \(reason)"
            ),
            .send(.welcome(welcome), connection),
            .send(.decision(Decision(number: number, .alone, reason: reason)), connection),
            .close(connection),
        ]
    }

    // MARK: Time

    /// Time has passed: to be called about ten times a second.
    public mutating func tick(at now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for key in undone {
            groups[key]?.shareBandwidth(at: now)
            effects += settle(key, at: now)
        }
        return effects
    }

    /// Draws the conclusions from what has happened to a group.
    private mutating func settle(_ key: Key, at now: Moment) -> [Effect] {
        groups[key]?.expire(at: now)
        groups[key]?.pace(at: now)
        guard let effects = groups[key]?.takeEffects() else { return [] }
        guard groups[key]?.state.isOver == true, undone.remove(key) != nil else { return effects }
        undoneMemberCount -= groups[key]?.members.count ?? 0
        over.append(key)
        return effects + prune()
    }

    /// Forgets groups that have been over for long.
    private mutating func prune() -> [Effect] {
        var countByApplication: [String: Int] = [:]
        var count = 0
        var memberCount = 0
        var kept: [Key] = []
        var effects: [Effect] = []
        for key in over.reversed() {
            guard let group = groups[key] else { continue }
            countByApplication[key.application, default: 0] += 1
            count += 1
            memberCount += group.members.count
            if countByApplication[key.application] ?? 0 <= GroupLimits.keptCountPerApplication,
                count <= GroupLimits.keptCount, memberCount <= GroupLimits.keptMemberCount
            {
                kept.append(key)
            } else {
                effects += forget(key, group)
            }
        }
        over = kept.reversed()
        return effects
    }

    private mutating func forget(_ key: Key, _ group: Group) -> [Effect] {
        groups[key] = nil
        if latest[key.application] == key.number { latest[key.application] = nil }
        var effects: [Effect] = [.forget(application: key.application, group: key.number)]
        for member in group.members {
            let session = Session(application: key.application, session: member.record.join.session)
            if sessions[session]?.key == key { sessions[session] = nil }
            guard let connection = member.connection else { continue }
            connections[connection] = nil
            effects.append(.close(connection))
        }
        return effects
    }

    // MARK: Operators

    /// An operator asks.
    public mutating func operate(
        _ request: OperatorRequest,
        at now: Moment
    ) -> (OperatorAnswer, [Effect]) {
        switch request {
        case .list:
            return (.groups(snapshots(at: now)), [])
        case .abort(let application):
            return operate(on: application, at: now) {
                $0.abort(because: "an operator aborts it", at: now)
            }
        case .release(let application):
            return operate(on: application, at: now) {
                $0.release(because: "an operator releases it", at: now)
            }
        }
    }

    private mutating func operate(
        on application: String,
        at now: Moment,
        _ action: (inout Group) -> Void
    ) -> (OperatorAnswer, [Effect]) {
        let key = Key(application: application, number: latest[application] ?? 0)
        guard var group = groups[key], !group.state.isOver else {
            return (.refusal(Refusal(reason: "no group of \(application) is under way")), [])
        }
        guard group.isUndecided else {
            let reason = "group \(key.number) of \(application) is told to stop already"
            return (.refusal(Refusal(reason: reason)), [])
        }
        action(&group)
        groups[key] = group
        let effects = settle(key, at: now)
        return (.groups(groups[key].map { [$0.snapshot(at: now)] } ?? []), effects)
    }

    /// All groups as operators see them, by application and number.
    public func snapshots(at now: Moment) -> [GroupSnapshot] {
        groups.values
            .sorted { ($0.application, $0.number) < ($1.application, $1.number) }
            .map { $0.snapshot(at: now) }
    }
}
