import ArrivalModel
import ReportSupport

/// What the project promised of "holding" for a group, and whether the results keep it.
struct Promise {
    /// The time that a batch of 1024 pages may take over the link, without any compression.
    static let batchSeconds = Double(1024 * 4096) / SharedLink.bytesPerSecond
    /// How far apart suspensions may be, besides a batch.
    static let skewSeconds = 0.1
    /// How much more than unsynchronised may be sent.
    static let extraShare = 0.1

    /// The skew of suspensions.
    let skewMilliseconds: Spread
    /// By how much more was sent than unsynchronised, by the medians.
    let extra: Double

    /// Nothing without results of both methods.
    init?(_ scenario: GroupScenario, _ results: GroupResults) {
        let runs = results.runs(scenario, .holding)
        let base = results.runs(scenario, .unsynchronized).map { Double($0.byteCount) }
        guard !base.isEmpty,
            let skewMilliseconds = Spread(
                runs.compactMap { ($0.arrival?.suspendSkewSeconds).map { 1000 * $0 } }
            )
        else { return nil }
        self.skewMilliseconds = skewMilliseconds
        extra = runs.map { Double($0.byteCount) }.median / base.median - 1
    }

    /// In every run.
    var isSkewKept: Bool {
        skewMilliseconds.most <= 1000 * (Self.skewSeconds + Self.batchSeconds)
    }

    var isExtraKept: Bool { extra < Self.extraShare }
}
