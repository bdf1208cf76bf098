/// Who belongs to a group: joining, coming back, being lost.
extension Group {
    // MARK: Joining

    /// Why a session that the group does not know cannot belong to it.
    enum Rejection: Equatable {
        /// It may not migrate at all.
        case refused(String)
        /// It may, but not with this group.
        case alone(String)
    }

    /// The member whose migration a new session would replace, if there is one.
    func predecessor(of join: Join) -> Member? { placeOfPredecessor(join).map { members[$0] } }

    private func placeOfPredecessor(_ join: Join) -> Int? {
        members.firstIndex {
            $0.record.join.uuid == join.uuid
                || rules.members != nil && $0.record.join.domain == join.domain
        }
    }

    /// Why a new session cannot belong to this group, which is not over; none if it can.
    func rejection(_ join: Join) -> Rejection? {
        if let names = rules.members, !names.contains(join.domain) {
            return .refused(
                "\(join.domain) is not a member of \(application) by the coordinator's rules: "
                    + "correct its application, or the rules"
            )
        }
        if let predecessor = predecessor(of: join) {
            if predecessor.connection != nil, !predecessor.record.state.isOver {
                return .refused(
                    "\(join.domain) is migrating already, from \(predecessor.record.join.host): "
                        + "wait for that migration to end, or end it"
                )
            }
            if isUndecided, !predecessor.hasStopped { return nil }
        }
        if join.lastDecision != nil || !join.state.isBeforeStop {
            return .alone("the coordinator does not know the group that it comes back to")
        }
        if isReleased { return .alone("group \(number) of \(application) is told to stop already") }
        if state != .gathering {
            return .alone("group \(number) of \(application) is complete already")
        }
        guard members.count < GroupLimits.memberCount else {
            return .refused("\(application) has \(members.count) members, and may not have more")
        }
        return nil
    }

    /// A new session joins, which is not rejected; its place.
    mutating func add(_ join: Join, on connection: ConnectionID, at now: Moment) -> Int {
        let place = placeOfPredecessor(join) ?? members.count
        if place < members.count {
            log(.warning, "\(join.domain) migrates anew, in place of its earlier migration")
            if let old = members[place].connection { outbox.add(.close(old)) }
            members[place] = Member(join, on: connection, at: now)
        } else {
            members.append(Member(join, on: connection, at: now))
        }
        if rules.expectedMemberCount == nil, let count = join.expectedMemberCount {
            if let known = expectedMemberCount, known != count {
                log(.warning, "members disagree on how many there are: \(known) or \(count)")
            }
            expectedMemberCount = max(count, expectedMemberCount ?? 0)
        }
        outbox.isRecordChanged = true
        let count = expectedMemberCount.map { " of \($0)" } ?? ""
        log(.info, "\(join.domain) joins from \(join.host): member \(members.count)\(count)")
        welcome(place)
        return place
    }

    private mutating func welcome(_ place: Int) {
        let welcome = Welcome(
            application: application,
            group: number,
            memberCount: members.count,
            expectedMemberCount: expectedMemberCount
        )
        send(.welcome(welcome), to: place)
    }

    // MARK: Being lost

    /// A member's connection has ended.
    mutating func lose(_ place: Int, at now: Moment) {
        members[place].connection = nil
        members[place].lostAt = now.seconds
        let member = members[place]
        guard !member.record.state.isOver, !state.isOver else { return }
        let next: String =
            if isUndecided, counts(member) {
                "it counts as failed unless it is back in \(OperatorText.seconds(rules.rejoinLimit))"
            } else {
                "the group does not wait for it"
            }
        log(.warning, "\(member.name) is lost while \(member.record.state.rawValue): \(next)")
    }

    // MARK: Coming back

    /// A session that belongs to the group joins again.
    ///
    /// A connection that it still had is replaced: the member has given it up.
    mutating func rejoin(_ join: Join, on connection: ConnectionID, _ place: Int, at now: Moment) {
        if let old = members[place].connection { outbox.add(.close(old)) }
        let told = members[place].record.decision
        let hasFollowed = told.map { $0.number <= join.lastDecision ?? -1 } ?? true
        members[place].connection = connection
        members[place].lostAt = nil
        members[place].heardAt = now.seconds
        members[place].record.isMissing = false
        // Should a store ever lose its last entries, no decision may be older than one that was seen.
        lastDecision = max(lastDecision, join.lastDecision ?? 0)
        log(.info, "\(members[place].name) is back, and is \(join.state.rawValue)")
        welcome(place)
        if members[place].record.isClosing, !hasFollowed { members[place].forgetClosingRound() }
        change(place, to: StateChange(join.state), isNews: false, at: now)
        repeatDecision(told, place, hasFollowed, at: now)
    }

    /// Tells a member that is back what it may have missed.
    private mutating func repeatDecision(
        _ told: Decision?,
        _ place: Int,
        _ hasFollowed: Bool,
        at now: Moment
    ) {
        guard !members[place].record.state.isOver, !members[place].hasStopped else { return }
        switch told?.action {
        case .stop, .abort, .alone:
            guard let told else { return }
            decide(told.action, for: place, reason: told.reason, at: now)
        case _ where !isUndecided:
            decide(.alone, for: place, reason: "the group has ended without it", at: now)
        case .hold:
            // If it still holds good, it is told again.
            if !hasFollowed { members[place].record.decision = nil }
        case .continue:
            guard !members[place].record.isClosing, !members[place].isHeld,
                let limit = told?.bandwidthLimit
            else { return }
            decide(
                .continue,
                for: place,
                reason: "its bandwidth is limited as before",
                bandwidthLimit: limit,
                at: now
            )
        case nil:
            break
        }
    }
}
