/// What members say, and what it means to the group.
extension Group {
    /// A member says how far it is.
    mutating func note(_ progress: Progress, from place: Int, at now: Moment) {
        members[place].heardAt = now.seconds
        members[place].note(progress, at: now)
    }

    /// A member says what it does; `isNews` if that began just now.
    mutating func change(_ place: Int, to change: StateChange, isNews: Bool = true, at now: Moment)
    {
        members[place].heardAt = now.seconds
        let old = members[place].record.state
        guard !old.isOver, !members[place].hasStopped || !change.state.isBeforeStop else {
            return log(.debug, "\(members[place].name) is \(old.rawValue), and says otherwise")
        }
        switch change.state {
        case .iterating:
            if members[place].isHeld { members[place].beginClosingRound(at: now) }
            members[place].record.state = .iterating
        case .ready:
            if isNews || !members[place].isHeld { members[place].beReady(at: now) }
        case .waiting:
            // While it is told to send a round, this is about what it was told before.
            if members[place].isHeld {
                members[place].record.state = .waiting
            } else if !isNews {
                members[place].beReady(at: now)
            }
        case .released, .suspended, .done:
            if isNews, change.state == .suspended { members[place].record.suspendTime = now.time }
            stop(place, change)
        case .failed:
            fail(place, because: change.reason, at: now)
        }
        if members[place].record.state != old {
            log(.debug, "\(members[place].name) is \(change.state.rawValue)")
        }
    }

    /// A member pauses its guest, has paused it, or has moved it.
    private mutating func stop(_ place: Int, _ change: StateChange) {
        let isFirst = !members[place].hasStopped
        members[place].record.state = change.state
        members[place].record.reason = OperatorText.oneLine(change.reason)
        outbox.isRecordChanged = true
        guard isFirst else { return }
        let name = members[place].name
        switch members[place].record.decision?.action {
        case .stop, .alone: break
        case .abort: log(.error, "\(name) stops although it was told to abort: the group is split")
        case .hold, .continue, nil:
            log(.warning, "\(name) has decided alone, and stops: the others follow when they can")
        }
    }

    /// A member gives up.
    private mutating func fail(_ place: Int, because reason: String, at now: Moment) {
        let reason = OperatorText.oneLine(reason)
        members[place].record.state = .failed
        members[place].record.reason = reason
        outbox.isRecordChanged = true
        let what = "\(members[place].name) failed" + (reason.isEmpty ? "" : ": \(reason)")
        switch members[place].record.decision?.action {
        case .abort, .alone:
            log(.info, what)
        case .stop:
            log(
                .error,
                "\(what); its guest stays at the source, the others arrive: migrate it again"
            )
        case .hold, .continue, nil:
            if isUndecided { abortOrGoOn(because: what, at: now) } else { log(.info, what) }
        }
    }
}
