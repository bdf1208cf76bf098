import ReportSupport

/// What came of a limit for the pause, for a guest over a link.
struct PauseLimit {
    /// The limit that is asked for.
    static let milliseconds = 300

    let guest: String
    let link: WanLink
    /// The median without a limit.
    let freePauseSeconds: Double
    /// With the limit.
    let pauses: [Double]
    let totalSeconds: Double

    /// Whether the pause is short enough even if nobody asks.
    var canBeMet: Bool { freePauseSeconds * 1000 <= Double(Self.milliseconds) }

    var runCount: Int { pauses.count }

    /// The runs whose pause was within the limit.
    var metCount: Int { pauses.count { $0 * 1000 <= Double(Self.milliseconds) } }

    /// All that was measured both with the limit and without.
    static func all(_ results: ResultFile) -> [PauseLimit] {
        results.guests.flatMap { guest in
            WanLink.all.compactMap { link in
                guard
                    let free = results.median(.pause, guest, link, .whole),
                    let total = results.median(.total, guest, link, .limitedPause)
                else { return nil }
                return PauseLimit(
                    guest: guest,
                    link: link,
                    freePauseSeconds: free,
                    pauses: results[guest, link, .limitedPause].map(\.pauseSeconds),
                    totalSeconds: total
                )
            }
        }
    }
}
