import ReportSupport

/// What came of a limit for the pause, for a guest over a link.
struct PauseLimit {
    /// The limit that is asked for.
    static let milliseconds = 300

    /// The pauses of two migrations that began at the same moment of the guest's life.
    struct Moment {
        let freeSeconds: Double
        let limitedSeconds: Double

        /// Whether the pause is short enough even if nobody asks.
        var canBeMet: Bool { PauseLimit.allows(freeSeconds) }

        /// Whether the limit was kept.
        var isMet: Bool { PauseLimit.allows(limitedSeconds) }
    }

    let guest: String
    let link: WanLink
    let moments: [Moment]
    /// The median with the limit.
    let totalSeconds: Double

    /// The moments at which the limit can be met.
    var feasibleMoments: [Moment] { moments.filter(\.canBeMet) }

    private static func allows(_ seconds: Double) -> Bool {
        seconds * 1000 <= Double(milliseconds)
    }

    /// All that was measured both with the limit and without.
    static func all(_ results: ResultFile) -> [PauseLimit] {
        results.guests.flatMap { guest in
            WanLink.all.compactMap { link in
                let free = results[guest, link, .freePause]
                let limited = results[guest, link, .limitedPause]
                guard !free.isEmpty, !limited.isEmpty else { return nil }
                return PauseLimit(
                    guest: guest,
                    link: link,
                    moments: zip(free, limited).map {
                        Moment(freeSeconds: $0.pauseSeconds, limitedSeconds: $1.pauseSeconds)
                    },
                    totalSeconds: limited.map(\.totalSeconds).median
                )
            }
        }
    }
}
