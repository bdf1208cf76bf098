/// How a group ends: all stop, or all give up; and the limits that see to it that it does end.
extension Group {
    /// All are told to stop; who is lost is told when it comes back.
    ///
    /// This is stored before the first of them is told, and never taken back.
    mutating func release(because reason: String, at now: Moment) {
        let places = countingPlaces
        releasedAt = now.seconds
        enter(.released, reason: reason)
        for place in places { decide(.stop, for: place, reason: reason, at: now) }
        for place in members.indices where members[place].record.isMissing {
            decide(.alone, for: place, reason: "the others were told to stop without it", at: now)
        }
    }

    /// All that have not stopped are told to give up.
    mutating func abort(because reason: String, at now: Moment) {
        enter(.aborted, reason: reason, .warning)
        for place in members.indices where !members[place].record.state.isOver {
            guard !members[place].hasStopped, members[place].record.decision?.action != .alone
            else {
                continue
            }
            decide(.abort, for: place, reason: reason, at: now)
        }
    }

    /// Something is wrong: the group gives up, or goes on as well as it can.
    ///
    /// If a member has moved on its own account, giving up would only leave the others behind.
    mutating func abortOrGoOn(because reason: String, at now: Moment) {
        let hasLeft = members.contains(where: \.hasStopped)
        if rules.whenMemberFails == .abort, !hasLeft { return abort(because: reason, at: now) }
        log(
            .warning,
            "\(reason); \(hasLeft ? "as a member has stopped already, " : "")the others go on"
        )
    }

    // MARK: Limits

    /// Ends what lasts too long, or is over.
    mutating func expire(at now: Moment) {
        if isUndecided { expireLostMembers(at: now) }
        if isUndecided { expireGathering(at: now) }
        if isUndecided { expireHold(at: now) }
        finish(at: now)
    }

    private mutating func expireLostMembers(at now: Moment) {
        let lost = countingPlaces.filter {
            members[$0].lostAt.map { now.seconds - $0 >= rules.rejoinLimit } ?? false
        }
        guard !lost.isEmpty else { return }
        for place in lost {
            members[place].record.isMissing = true
            members[place].record.reason = "lost for \(OperatorText.seconds(rules.rejoinLimit))"
        }
        outbox.isRecordChanged = true
        let limit = OperatorText.seconds(rules.rejoinLimit)
        abortOrGoOn(because: "\(names(lost)) did not come back within \(limit)", at: now)
    }

    private mutating func expireGathering(at now: Moment) {
        guard state == .gathering else { return }
        let waited = now.seconds - beganAt
        if let expected = expectedMemberCount {
            if members.count >= expected {
                enter(.iterating, reason: "all \(members.count) members are there")
            } else if waited >= rules.gatheringLimit {
                let limit = OperatorText.seconds(rules.gatheringLimit)
                abortOrGoOn(
                    because:
                        "after \(limit) only \(members.count) of \(expected) members are there",
                    at: now
                )
                if isUndecided { enter(.iterating, reason: "it goes on without who is not there") }
            }
        } else if waited >= rules.gatheringWindow {
            let window = OperatorText.seconds(rules.gatheringWindow)
            enter(.iterating, reason: "\(members.count) members have joined within \(window)")
        }
    }

    private mutating func expireHold(at now: Moment) {
        let places = countingPlaces
        let isTooLong = places.contains {
            members[$0].firstReadyAt.map { now.seconds - $0 >= rules.holdLimit } ?? false
        }
        guard isTooLong else { return }
        let limit = OperatorText.seconds(rules.holdLimit)
        let late = places.filter { !members[$0].isHeld || members[$0].connection == nil }
        let why =
            "a member is held for \(limit)"
            + (late.isEmpty ? "" : ", and these are not ready: \(names(late))")
        if !late.isEmpty || state == .gathering { abortOrGoOn(because: why, at: now) }
        guard isUndecided else { return }
        for place in late { decide(.alone, for: place, reason: why, at: now) }
        if !countingPlaces.isEmpty { release(because: why, at: now) }
    }

    /// Ends a group in which nothing happens any more.
    private mutating func finish(at now: Moment) {
        if isUndecided, countingPlaces.isEmpty {
            let hasLeft = members.contains { $0.record.state != .failed && !$0.record.isMissing }
            if hasLeft {
                enter(.done, reason: "no member is left that waits for others", .warning)
            } else {
                abort(because: "all members have failed", at: now)
            }
        }
        guard !state.isOver, let releasedAt else { return }
        let told = members.indices.filter { members[$0].record.decision?.action == .stop }
        let open = told.filter { !members[$0].record.state.isOver }
        let failed = told.filter { members[$0].record.state == .failed }
        if open.isEmpty {
            if failed.isEmpty {
                enter(.done, reason: "all have arrived")
            } else {
                enter(.done, reason: "\(names(failed)) failed after the release", .error)
            }
        } else if now.seconds - releasedAt >= rules.suspendLimit {
            let limit = OperatorText.seconds(rules.suspendLimit)
            enter(
                .done,
                reason: "\(names(open)) did not report an arrival within \(limit) of the release",
                .error
            )
        }
    }

    /// Members by name.
    func names(_ places: [Int]) -> String { OperatorText.list(places.map { members[$0].name }) }
}
