extension Collection where Element == Double {
    /// The middle one, or the mean of the two in the middle.
    public var median: Double {
        let sorted = sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
