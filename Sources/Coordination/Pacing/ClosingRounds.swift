/// Who sends a closing round now, so that all pauses begin together and none is longer for the wait.
///
/// A held member sends nothing, and what its guest writes adds up: the pause to come grows up to what
/// the guest's working set takes. One closing round makes it short again, and lasts as long as the
/// pause would have lasted; another one makes it shorter still, while that helps. So the closing rounds are timed to end when the last member is expected
/// to be ready: each begins its own length before. Once all are held and no round is worth it any
/// more, all are told to stop.
///
/// A closing round is worth it only if the pause would prolong the group's. As long as one guest is
/// paused the application is not whole, so a short pause beside a long one may as well grow to that
/// length. This also ends the planning: rounds that no longer make the pause shorter are no longer
/// asked for.
///
/// Estimates err, and the last member may need more rounds than it thought. So a member sends few
/// closing rounds before all are held, and some more after that. What a closing round sends would
/// have been part of the pause: all that it adds is what was written again meanwhile. That, and what
/// has added up while members were held, may come to a small share of what the group sends anyway.
enum ClosingRounds {
    /// A member as far as it matters here.
    struct Figures: Equatable {
        /// When it is between rounds again, in seconds from now; 0 if it is held, none if unknown.
        var secondsToBoundary: Double?
        /// Whether it is held.
        var isHeld: Bool
        /// How long its guest would be paused now.
        var pauseSeconds: Double
        /// How long it would be paused after closing rounds.
        var targetPauseSeconds: Double
        /// What a closing round would leave to be sent again.
        var extraByteCount = 0.0
        /// How many it was told to send.
        var closingRoundCount = 0
    }

    /// What is best.
    enum Plan: Equatable {
        /// Nothing is to be done now.
        case wait(secondsToStop: Double?)
        /// These members, by their index, begin their closing rounds.
        case close([Int], secondsToStop: Double)
        /// All are held, and it gets no better.
        case stop
    }

    /// A pause may be longer by this share and time before it counts.
    private static let toleratedShare = 0.25
    private static let toleratedSeconds = 0.05

    /// How many closing rounds a member sends while others are not held yet, and in all.
    private static let earlyRoundCountMaximum = 2
    private static let roundCountMaximum = 6

    /// What it may cost not to stop at once, of all that the group sends.
    static let extraShare = 0.06

    /// Half the time until this is asked again.
    private static let slackSeconds = 0.05

    /// What to do now, where closing rounds may add so many bytes.
    static func plan(_ members: [Figures], byteAllowance: Double) -> Plan {
        let awaited = members.filter { !$0.isHeld }
        var arrival = 0.0
        for member in awaited {
            guard let seconds = member.secondsToBoundary else { return .wait(secondsToStop: nil) }
            arrival = max(arrival, seconds)
        }
        let stale = staleMembers(members, isEarly: !awaited.isEmpty, byteAllowance)
        if awaited.isEmpty, stale.isEmpty { return .stop }
        let stop = stale.reduce(arrival) { max($0, members[$1].pauseSeconds) }
        let starting = stale.filter { members[$0].pauseSeconds >= stop - slackSeconds }
        return starting.isEmpty
            ? .wait(secondsToStop: stop) : .close(starting, secondsToStop: stop)
    }

    /// Held members whose pause would prolong the group's, and that may send a closing round.
    private static func staleMembers(
        _ members: [Figures],
        isEarly: Bool,
        _ byteAllowance: Double
    ) -> [Int] {
        let groupPause = members.reduce(0) { max($0, $1.targetPauseSeconds) }
        let tolerated = groupPause * (1 + toleratedShare) + toleratedSeconds
        let roundCountMaximum = isEarly ? earlyRoundCountMaximum : roundCountMaximum
        var bytesLeft = byteAllowance
        var stale: [Int] = []
        let longestFirst = members.indices.sorted {
            members[$0].pauseSeconds > members[$1].pauseSeconds
        }
        for index in longestFirst where members[index].isHeld {
            let member = members[index]
            bytesLeft -= member.extraByteCount
            // If the longest pause cannot be made shorter, nothing is gained by the others'.
            guard member.pauseSeconds > tolerated, bytesLeft >= 0,
                member.closingRoundCount < roundCountMaximum
            else { break }
            stale.append(index)
        }
        return stale
    }
}
