internal import Glibc

/// One write to a page, at a time within a loop of the trace.
struct PageWrite: Sendable {
    /// Guest seconds since the start of the loop.
    var seconds: Double
    /// Which page: an index into `GuestTrace.chains`.
    var chain: UInt32
    /// The recorded version that is being made, counted from 1.
    var version: UInt16
    /// How many more writes it takes until the page is as it was recorded.
    var remaining: UInt16
}

/// Invents when pages were written: a stream tells only during which rounds.
///
/// A page that was sent in round k was written at least once in span k, while round k - 1 was sent.
/// A page that is written all the time looks the same as one that was written once. But it is
/// seldom clean, also after short spans. So each page gets the rate at which a page that is written
/// at random moments would most likely be sent in just these rounds, and is written at that rate in
/// the spans in which it was written at all. Without that, rounds that are shorter than the
/// recorded ones would find far too few dirty pages. A page that was sent in one round only is
/// written once.
struct WriteTimes {
    /// At most so many writes make one version.
    static let writeCountMaximum = 255

    /// The lengths of the spans in guest seconds; span k is at index k - 1.
    let spans: [Double]
    private let starts: [Double]

    init(spans: [Double]) {
        self.spans = spans
        var start = 0.0
        starts = spans.map { span in
            defer { start += span }
            return start
        }
    }

    /// The writes of one loop in the order of their times.
    ///
    /// - Parameters:
    ///   - pfns: The page of each chain.
    ///   - roundsOfChains: The rounds in which it was sent, from 1 on, ascending.
    /// - Returns: At least one write for each round of each chain.
    func writes(pfns: [UInt32], roundsOfChains: [[Int]]) -> [PageWrite] {
        var rates: [[Int]: Double] = [:]
        var result: [PageWrite] = []
        for (chain, rounds) in roundsOfChains.enumerated() {
            let rate = rates[rounds] ?? rate(ofPageSentIn: rounds)
            rates[rounds] = rate
            for (index, round) in rounds.enumerated() {
                let seed = UInt64(pfns[chain]) << 16 | UInt64(round)
                let times = times(rate: rate, span: spans[round - 1], seed: seed)
                for (number, time) in times.enumerated() {
                    result.append(
                        PageWrite(
                            seconds: starts[round - 1] + time,
                            chain: UInt32(chain),
                            version: UInt16(clamping: index + 1),
                            remaining: UInt16(times.count - 1 - number)
                        )
                    )
                }
            }
        }
        // The sort is stable: equal times stay in the order of versions.
        result.sort { $0.seconds < $1.seconds }
        return result
    }

    /// The most likely number of writes per second.
    ///
    /// - Parameter rounds: The rounds in which the page was sent.
    /// - Returns: Zero if one round is all that is known: it does not show a second write.
    func rate(ofPageSentIn rounds: [Int]) -> Double {
        guard rounds.count > 1 else { return 0 }
        let dirty = rounds.map { spans[$0 - 1] }
        let total = spans.reduce(0, +)
        // Also a page that was in every round has a limit: as if it had been clean once more, for
        // half of the shortest span.
        let clean = max(total - dirty.reduce(0, +), 0) + (spans.min() ?? 0) / 2
        // Where the derivative of the likelihood is zero; it falls with the rate.
        func derivative(_ rate: Double) -> Double {
            dirty.reduce(-clean) { $0 + $1 / expm1(rate * $1) }
        }
        var low = 1e-9
        var high = 1e9
        for _ in 0..<80 {
            let middle = (low * high).squareRoot()
            if derivative(middle) > 0 { low = middle } else { high = middle }
        }
        return high
    }

    /// Random moments in a span, at least one, ascending.
    private func times(rate: Double, span: Double, seed: UInt64) -> [Double] {
        var random = SplitMix(state: seed)
        let rate = min(rate, Double(Self.writeCountMaximum) / 2 / span)
        var result: [Double] = []
        var time = -log(1 - random.nextFraction()) / rate
        while time < span, result.count < Self.writeCountMaximum {
            result.append(time)
            time -= log(1 - random.nextFraction()) / rate
        }
        return result.isEmpty ? [random.nextFraction() * span] : result
    }
}

/// The generator of Steele, Lea and Flood (OOPSLA 2014).
private struct SplitMix {
    var state: UInt64

    /// A number from 0 up to 1.
    mutating func nextFraction() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return Double(mixed >> 11) * 0x1p-53
    }
}
