/// What can be said in the middle of a round about how far the migration is.
///
/// Pure: everything that was measured goes in, everything that is shown comes out.
public struct ProgressEstimate: Equatable, Sendable {
    /// What is known at one moment.
    public struct Measurement: Equatable, Sendable {
        /// The round, from 1.
        public var round = 1
        /// Whether the guest is paused, so that nothing gets dirty any more.
        public var isPaused = false
        /// Bytes of the guest's memory.
        public var totalByteCount = 0
        /// How many pages this round has.
        public var roundPageCount = 0
        /// How many of them were sent.
        public var sentPageCount = 0
        /// Bytes on the link since the migration began.
        public var encodedByteCount = 0
        /// Bytes on the link since the round began.
        public var roundEncodedByteCount = 0
        /// Seconds since the round began.
        public var roundSeconds = 0.0
        /// What a page took on the link in the round before, in bytes; none in the first round.
        public var previousBytesPerPage: Double?
        /// The rate of the link in the round before, in bytes per second; none in the first round.
        public var previousBytesPerSecond: Double?
        /// Pages that the guest changes per second, as of the round before; none in the first.
        public var dirtyPagesPerSecond: Double?

        /// What is known of a migration that has sent nothing.
        public init() {}
    }

    /// The round, from 1.
    public let round: Int
    /// Whether the guest is paused.
    public let isPaused: Bool
    /// How many pages this round has.
    public let roundPageCount: Int
    /// How many of them were sent.
    public let sentPageCount: Int
    /// Bytes on the link since the migration began.
    public let transferredByteCount: Int
    /// Bytes of memory that are to be sent: the rest of the round and, if that is known, what got
    /// dirty since the round began.
    public let remainingByteCount: Int
    /// Bytes of the guest's memory.
    public let totalByteCount: Int
    /// Bytes per second on the link; zero if nothing was sent.
    public let bytesPerSecond: Double
    /// Pages that the guest changes per second; none if that is not known.
    public let dirtyPagesPerSecond: Double?
    /// Seconds until this round is over; none without a rate.
    public let roundRemainingSeconds: Double?
    /// Seconds until everything is sent, what gets dirty meanwhile included; none without a rate,
    /// and if the guest changes faster than the link takes it.
    public let remainingSeconds: Double?
    /// How long a pause would be that begins now; none without a rate.
    public let expectedPauseSeconds: Double?

    /// Megabits (10^6) per second on the link.
    public var megabitsPerSecond: Double {
        Measures.megabitsPerSecond(byteCount: Int(clamping: bytesPerSecond), seconds: 1)
    }

    /// From so few pages no bytes per page are concluded if there is a round before.
    private static let tellingPageCount = 1024

    /// Estimates.
    ///
    /// If `b` bytes are sent per page, the rest of the round and what is dirty already are `P`
    /// pages, the link takes `r` bytes per second and the guest changes `d` pages per second, all is
    /// sent after the time `t` with `r·t = b·(P + d·t)`.
    public init(_ now: Measurement) {
        round = now.round
        isPaused = now.isPaused
        roundPageCount = max(now.roundPageCount, 0)
        sentPageCount = min(max(now.sentPageCount, 0), roundPageCount)
        transferredByteCount = now.encodedByteCount
        totalByteCount = now.totalByteCount
        dirtyPagesPerSecond = now.isPaused ? 0 : now.dirtyPagesPerSecond

        let rest = Double(roundPageCount - sentPageCount)
        let guestPageCount = Double(now.totalByteCount / Measures.pageByteCount)
        let dirtied = min((dirtyPagesPerSecond ?? 0) * now.roundSeconds, guestPageCount)
        // What gets dirty before it is sent in this round goes once; so never more than the guest.
        let pages = max(rest, min(rest + dirtied, guestPageCount))
        remainingByteCount = Int(clamping: pages * Double(Measures.pageByteCount))

        let measured =
            now.roundSeconds > 0 ? Double(now.roundEncodedByteCount) / now.roundSeconds : 0
        // What a round begins with is coded before any of it is on the link.
        let rate = max(
            now.roundEncodedByteCount > 0 ? measured : now.previousBytesPerSecond ?? 0,
            0
        )
        bytesPerSecond = rate
        let bytesPerPage: Double
        if let previous = now.previousBytesPerPage, sentPageCount < Self.tellingPageCount {
            bytesPerPage = previous
        } else if sentPageCount > 0 {
            bytesPerPage = Double(now.roundEncodedByteCount) / Double(sentPageCount)
        } else {
            bytesPerPage = Double(Measures.pageByteCount)
        }
        guard rate > 0 else {
            roundRemainingSeconds = nil
            remainingSeconds = nil
            expectedPauseSeconds = nil
            return
        }
        roundRemainingSeconds = rest * bytesPerPage / rate
        expectedPauseSeconds = pages * bytesPerPage / rate
        let gain = rate - bytesPerPage * (dirtyPagesPerSecond ?? 0)
        // A guest that leaves the link a hundredth does not converge in any time that helps.
        remainingSeconds = gain > rate / 100 ? pages * bytesPerPage / gain : nil
    }
}

extension ProgressEstimate {
    /// What libxl's progress line says is being done: `round 3, 9.7 Mbit/s, 12 s left`.
    ///
    /// - Parameter doing: What libxenguest says, which names the round in its own words.
    /// - Returns: That, followed by what is known of rate and time.
    public func text(doing: String) -> String {
        var parts = [doing]
        if bytesPerSecond > 0 { parts.append(Units.rate(megabitsPerSecond)) }
        if let remainingSeconds {
            parts.append("\(Units.time(seconds: remainingSeconds)) left")
        } else if let roundRemainingSeconds, bytesPerSecond > 0 {
            parts.append("round \(Units.time(seconds: roundRemainingSeconds)) left")
        }
        return parts.joined(separator: ", ")
    }
}
