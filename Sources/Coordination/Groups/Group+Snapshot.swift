/// A group as operators see it.
extension Group {
    /// How it is now.
    func snapshot(at now: Moment) -> GroupSnapshot {
        var snapshot = GroupSnapshot(
            application: application,
            group: number,
            state: state,
            startTime: startTime
        )
        snapshot.reason = reason
        snapshot.expectedMemberCount = expectedMemberCount
        snapshot.secondsToStop = secondsToStop(at: now)
        snapshot.skewMilliseconds = skewMilliseconds
        snapshot.members = members.map { member in
            var shown = MemberSnapshot(member.record.join)
            shown.state = member.record.state
            shown.reason = member.record.reason
            shown.isConnected = member.connection != nil
            shown.progress = member.record.progress
            shown.decision = member.record.decision
            return shown
        }
        return snapshot
    }

    /// When the group is expected to stop; while it is not known who is a member, that is not known.
    private func secondsToStop(at now: Moment) -> Double? {
        guard isUndecided, state != .gathering else { return nil }
        if let plannedStopAt { return max(0, plannedStopAt - now.seconds) }
        var latest = 0.0
        for place in countingPlaces {
            guard let seconds = members[place].leastSecondsToBoundary(at: now) else { return nil }
            latest = max(latest, seconds)
        }
        return latest
    }

    /// How far apart the pauses began, of those that were told to stop and have not failed.
    private var skewMilliseconds: Double? {
        let stopping = members.filter {
            $0.record.decision?.action == .stop && $0.record.state != .failed
        }
        let times = stopping.compactMap(\.record.suspendTime)
        guard times.count > 1, times.count == stopping.count, let first = times.min(),
            let last = times.max()
        else { return nil }
        return (last - first) * 1000
    }
}
