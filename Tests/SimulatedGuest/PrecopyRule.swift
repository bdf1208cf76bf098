/// What libxenguest tells and asks a `precopy_policy`, and its own rule.
public struct RoundStatistics: Sendable, Equatable {
    /// How many rounds were sent.
    public var iteration = 0
    /// Pages of these rounds, as libxenguest counts them: holes too.
    public var totalWrittenCount = 0
    /// Pages that are to be sent next; `nil` after a round.
    public var dirtyCount: Int?
    /// Pages with content that were sent so far, which libxenguest does not tell a policy.
    public var sentPageCount = 0
}

/// What happens next (`XGS_POLICY_...`).
public enum PrecopyDecision: Sendable, Equatable {
    case nextRound
    case stopAndCopy
    case abort
}

/// A fixed rule that ends the live rounds, for a helper without a policy.
public struct PrecopyRule: Sendable, Equatable {
    /// So many live rounds at most.
    public var roundMaximum: Int
    /// At most so many times the guest's memory; `nil` is no limit.
    public var memoryFactorMaximum: Int?

    /// That of Xen 4.17: `simple_precopy_policy` in `xg_sr_save.c`.
    public static let stock = PrecopyRule(roundMaximum: 5, memoryFactorMaximum: nil)
    /// That of the paper (section IV-B3), and of Xen before 4.7.
    public static let paper = PrecopyRule(roundMaximum: 30, memoryFactorMaximum: 3)
    /// With fewer dirty pages each rule stops.
    static let dirtyCountMinimum = 50

    /// Decides as libxenguest does: before and after each round.
    public func decide(_ statistics: RoundStatistics, memoryPageCount: Int) -> PrecopyDecision {
        if let dirtyCount = statistics.dirtyCount, dirtyCount < Self.dirtyCountMinimum {
            return .stopAndCopy
        }
        if statistics.iteration >= roundMaximum { return .stopAndCopy }
        if let memoryFactorMaximum,
            statistics.sentPageCount > memoryFactorMaximum * memoryPageCount
        {
            return .stopAndCopy
        }
        return .nextRound
    }
}
