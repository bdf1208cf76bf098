extension Collection where Element == Double {
    /// The middle one, or the mean of the two in the middle.
    public var median: Double {
        let sorted = sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// The value in the middle of several runs, and those at the ends.
public struct Spread: Equatable, Sendable {
    /// The middle one.
    public let median: Double
    /// The least one.
    public let least: Double
    /// The largest one.
    public let most: Double

    /// Nothing without values.
    public init?(_ values: [Double]) {
        guard let least = values.min(), let most = values.max() else { return nil }
        median = values.median
        self.least = least
        self.most = most
    }
}
