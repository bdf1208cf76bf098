/// The rounds so far, and what they tell of a pause now.
struct RoundHistory {
    /// The last rounds, the latest at the end.
    private(set) var rounds: [Round] = []

    /// Of all rounds.
    private(set) var seconds = 0.0
    private(set) var encodedByteCount = 0.0

    /// What the migration had taken when libxenguest's rule ended it at the latest.
    private(set) var secondsAtStockEnd: Double?

    /// Since when rounds dirty more pages than they send.
    private(set) var crossoverNumber: Int?

    /// What dirty pages will take.
    private(set) var cost = RemainderCost([])

    // How long rounds took, compared with what was expected of them. The first two stand for what
    // links do if nothing is known of this one, and for ever make sure of a margin.
    private var expectedSeconds: Double?
    private var surprises = [0.8, 1.2]

    private static let roundCountMaximum = 16
    private static let surpriseCountMaximum = 10

    /// Adds a round.
    mutating func note(_ round: Round) {
        if let expectedSeconds, expectedSeconds > 0 {
            surprises.append(round.seconds / expectedSeconds)
            if surprises.count > Self.surpriseCountMaximum { surprises.remove(at: 2) }
        }
        rounds = (rounds + [round]).suffix(Self.roundCountMaximum)
        seconds += max(round.seconds, 0)
        encodedByteCount += Double(round.encodedByteCount)
        if crossoverNumber == nil, round.number > 0, round.dirtyPageCount >= round.sentPageCount {
            crossoverNumber = round.number
        }
        if secondsAtStockEnd == nil, StockRule.hasEnded(by: round) { secondsAtStockEnd = seconds }
        cost = RemainderCost(rounds)
        // The next round sends what a pause would send: so each round tests the estimate. Of what
        // is sent again, round 0 tells nothing.
        expectedSeconds = hasResent ? pauseSeconds : nil
    }

    /// Corrects what the next round is expected to take, if more is dirty than the latest left.
    mutating func expect(dirtyPageCount: Int) {
        guard hasResent else { return }
        expectedSeconds = cost.seconds(pageCount: Double(dirtyPageCount))
    }

    /// Whether a round sent pages again.
    var hasResent: Bool { rounds.contains { $0.number > 0 } }

    /// How long the pause may be, for each second that is expected.
    ///
    /// If the rounds' surprises are normally distributed, one in forty is worse.
    var surprise: Double {
        let count = Double(surprises.count)
        let mean = surprises.reduce(0, +) / count
        let squares = surprises.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return mean + 2 * (squares / count).squareRoot()
    }

    /// How long each of the last remainders would have paused the guest, at today's prices.
    ///
    /// The latest is last. Round 0 is much longer: it is left out once there are others.
    var pauses: [Double] {
        let comparable = rounds.filter { $0.number > 0 }
        return (comparable.isEmpty ? rounds : comparable).map {
            cost.seconds(pageCount: Double($0.dirtyPageCount))
        }
    }

    /// How long a pause now is expected to be.
    var pauseSeconds: Double { pauses.last ?? 0 }

    /// How long it may be.
    var safePauseSeconds: Double { pauseSeconds * surprise }

    /// What our stream is expected to take for a final round now.
    var pendingByteCount: Double {
        cost.byteCount(pageCount: Double(rounds.last?.dirtyPageCount ?? 0))
    }

    /// How often in a row the remainder has grown.
    var risesInARow: Int {
        let pauses = pauses
        return zip(pauses, pauses.dropFirst()).reversed().prefix { $0 < $1 }.count
    }
}
