/// Why another round is sent, or not.
public enum Reason: Equatable, Sendable {
    // MARK: Another round

    /// Round 0 tells little of what will be written again.
    case firstPass
    /// Each round leaves less than the one before.
    case falling
    /// The remainder goes up and down, and a smaller one is likely soon.
    case searching
    /// The operator wants more rounds.
    case tooFewRounds(minimum: Int)
    /// The pause is too long as yet.
    case pauseTooLong(budgetMilliseconds: Double)

    // MARK: The end

    /// Hardly anything is dirty.
    case fewPages
    /// More rounds would not help.
    case noGain
    /// The remainder is the smallest of the last rounds.
    case localMinimum
    /// The guest dirties more with each round.
    case growing
    /// More rounds would lengthen the migration more than libxenguest's rule would have.
    case longEnough
    /// So many rounds are the limit.
    case roundLimit(Int)
    /// The pause fits.
    case pauseFits(budgetMilliseconds: Double)
    /// The rule of libxenguest.
    case stockRule

    // MARK: A budget that ends it

    /// The pause will not fit, whatever is done; the best of the last rounds would have taken so long.
    case pauseUnmet(budgetMilliseconds: Double, bestMilliseconds: Double)
    /// There is no time for another round.
    case timeUsed(budgetSeconds: Double, usedSeconds: Double)
    /// Even a pause now would take too long.
    case timeUnmet(budgetSeconds: Double, neededSeconds: Double)
    /// Another round could take too many bytes.
    case bytesUsed(budgetByteCount: Int, usedByteCount: Int)
    /// Even a pause now would take too many bytes.
    case bytesUnmet(budgetByteCount: Int, neededByteCount: Int)
}

extension Reason: CustomStringConvertible {
    /// A clause for an operator.
    public var description: String {
        switch self {
        case .firstPass: "all of the memory was sent once"
        case .falling: "each round leaves less"
        case .searching: "a smaller remainder is likely soon"
        case .tooFewRounds(let minimum): "min-rounds asks for \(Figures.count(minimum))"
        case .pauseTooLong(let budget): "max-pause is \(Figures.duration(milliseconds: budget))"
        case .fewPages: "hardly anything is left"
        case .noGain: "more rounds would not help"
        case .localMinimum: "less than after the rounds before"
        case .growing: "the guest writes more with each round"
        case .longEnough: "more rounds would take too long for what they gain"
        case .roundLimit(let limit): "\(limit) rounds are the limit"
        case .pauseFits(let budget):
            "that fits max-pause, \(Figures.duration(milliseconds: budget))"
        case .stockRule: "the rule of stock"
        case .pauseUnmet(let budget, let best):
            "max-pause, \(Figures.duration(milliseconds: budget)), cannot be met: "
                + "the best was \(Figures.duration(milliseconds: best))"
        case .timeUsed(let budget, let used):
            "max-time, \(Figures.duration(seconds: budget)), leaves no time for another round "
                + "after \(Figures.duration(seconds: used))"
        case .timeUnmet(let budget, let needed):
            "max-time, \(Figures.duration(seconds: budget)), cannot be met: "
                + "\(Figures.duration(seconds: needed)) are needed"
        case .bytesUsed(let budget, let used):
            "max-bytes, \(Figures.byteCount(budget)), leaves nothing for another round "
                + "after \(Figures.byteCount(used))"
        case .bytesUnmet(let budget, let needed):
            "max-bytes, \(Figures.byteCount(budget)), cannot be met: "
                + "\(Figures.byteCount(needed)) are needed"
        }
    }
}
