/// When the members of a group stop: who holds, who sends a round, who is slowed down.
extension Group {
    /// Tells members what to do next, as far as that is due.
    mutating func pace(at now: Moment) {
        guard isUndecided else { return }
        if state != .gathering { planStop(at: now) }
        guard isUndecided else { return }
        for place in countingPlaces where members[place].isHeld {
            if isSpinning {
                beginRound(place, reason: "others are not ready for the first time yet", at: now)
            } else if members[place].record.decision?.action != .hold {
                decide(.hold, for: place, reason: holdReason, at: now)
            }
        }
    }

    /// What a held member waits for.
    var holdReason: String {
        if state == .gathering { return "the group is not complete yet" }
        let awaited = countingPlaces.filter { !members[$0].isHeld }
        return awaited.isEmpty
            ? "all are ready, and about to stop" : "it waits for \(names(awaited))"
    }

    /// Whether members that are ready send rounds meanwhile.
    ///
    /// The paper's rule: nobody stops until all have come to where rounds dirty more than they send.
    /// From then on each stops at the end of its round; here they wait for each other even then.
    private var isSpinning: Bool {
        rules.pacing == .spin
            && (state == .gathering || countingPlaces.contains { members[$0].firstReadyAt == nil })
    }

    /// Tells all to stop, or some to send a closing round.
    private mutating func planStop(at now: Moment) {
        let places = countingPlaces
        guard !places.isEmpty else { return }
        let figures = places.map { members[$0].figures(at: now) }
        var plan = ClosingRounds.plan(figures, byteAllowance: byteAllowance(places))
        if rules.pacing == .spin, case .close(_, let seconds) = plan {
            plan = figures.allSatisfy(\.isHeld) ? .stop : .wait(secondsToStop: seconds)
        }
        plannedStopAt = nil
        switch plan {
        case .wait(let seconds):
            plannedStopAt = seconds.map { now.seconds + $0 }
        case .close(let indices, let seconds):
            plannedStopAt = now.seconds + seconds
            for index in indices {
                beginRound(
                    places[index],
                    reason: "a closing round: the group stops in \(OperatorText.seconds(seconds))",
                    at: now
                )
            }
        case .stop:
            // Who has been silent may be gone: better wait until it is heard, or lost.
            if places.allSatisfy({ members[$0].isPresent(at: now) }) {
                return release(because: "all \(places.count) members are ready", at: now)
            }
        }
        state = places.contains { members[$0].record.isClosing } ? .closing : .iterating
    }

    /// How many bytes closing rounds may still add.
    private func byteAllowance(_ places: [Int]) -> Double {
        places.reduce(0) {
            let member = members[$1]
            return $0 + member.totalByteCount * ClosingRounds.extraShare - member.extraByteCount
        }
    }

    private mutating func beginRound(_ place: Int, reason: String, at now: Moment) {
        members[place].beginClosingRound(at: now)
        decide(.continue, for: place, reason: reason, at: now)
    }

    // MARK: Bandwidth

    /// A limit is changed at most once in so many seconds, and by no less than this share.
    private static let sharingSeconds = 1.0
    private static let sharingStep = 0.1

    /// Lets members on one link finish round 0 together.
    mutating func shareBandwidth(at now: Moment) {
        guard isUndecided else { return }
        var placesByLink: [String: [Int]] = [:]
        for place in countingPlaces {
            let member = members[place]
            guard let link = member.record.join.link, member.record.state == .iterating,
                !member.record.isClosing
            else { continue }
            if member.record.progress.round == 0, member.connection != nil {
                if member.progressAt != nil { placesByLink[link, default: []].append(place) }
            } else {
                limit(place, to: nil, link: link, at: now)
            }
        }
        for (link, places) in placesByLink.sorted(by: { $0.key < $1.key }) {
            let limits = BandwidthShare.limits(
                places.map {
                    let progress = members[$0].record.progress
                    return BandwidthShare.Sender(
                        remainingByteCount: Double(progress.remainingByteCount),
                        bytesPerSecond: Double(progress.bytesPerSecond)
                    )
                }
            )
            for (place, bytesPerSecond) in zip(places, limits) {
                limit(place, to: bytesPerSecond, link: link, at: now)
            }
        }
    }

    private mutating func limit(_ place: Int, to limit: Double?, link: String, at now: Moment) {
        let old = members[place].record.decision?.bandwidthLimit.map(Double.init)
        let isChange: Bool =
            if let old, let limit {
                abs(limit - old) > old * Self.sharingStep
                    && now.seconds - (members[place].sharedAt ?? 0) >= Self.sharingSeconds
            } else {
                old != limit
            }
        guard isChange else { return }
        members[place].sharedAt = now.seconds
        decide(
            .continue,
            for: place,
            reason: limit == nil
                ? "it has its link to itself" : "so that all on link \(link) finish together",
            bandwidthLimit: limit.map { Int(min(max($0, 1), Double(MessageLimits.numberMaximum))) },
            at: now
        )
    }
}
