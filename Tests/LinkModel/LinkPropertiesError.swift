/// Why there can be no such link.
public enum LinkPropertiesError: Error, Equatable, CustomStringConvertible {
    /// The rate, or what the window leaves of it, is out of range.
    case rate(Double)
    /// A time is negative or too long.
    case time(String)
    /// The share of lost packets is out of range.
    case lossRate(Double)
    /// The queue or the link would hold too many bytes.
    case capacity(Int)
    /// A cut starts before the one in front of it ends.
    case overlappingCuts(start: Duration)

    /// What is wrong and what would be right.
    public var description: String {
        switch self {
        case .rate(let rate):
            "a rate of \(rate) bytes/s is not between 1 kB/s and 100 GB/s"
        case .time(let name): "the \(name) is not between 0 and \(LinkLimits.times.upperBound)"
        case .lossRate(let rate): "a loss of \(rate) is not between 0 and 0.5"
        case .capacity(let byteCount):
            "the link would hold \(byteCount) bytes, more than \(LinkLimits.capacityByteCount): "
                + "lower the rate, the delay, the jitter or the queue"
        case .overlappingCuts(let start):
            "the cut at \(start) starts before the one before it has ended"
        }
    }
}

/// What a link may be at most.
enum LinkLimits {
    static let byteRates = 1e3...1e11
    static let lossRates = 0...0.5
    static let capacityByteCount = 1 << 30
    /// Far longer than any run, and short enough to calculate with.
    static let times = Duration.zero...Duration.seconds(1_000_000)
}

extension LinkProperties {
    /// Why there can be no such link; nothing if there can.
    var reasonToRefuse: LinkPropertiesError? {
        guard LinkLimits.byteRates ~= streamByteRate else { return .rate(streamByteRate) }
        guard LinkLimits.lossRates ~= lossRate else { return .lossRate(lossRate) }
        let times = [
            ("round-trip time", roundTripTime), ("jitter", jitter), ("timeout", timeout),
            ("stall", stallTime ?? .zero),
        ]
        for (name, time) in times where !LinkLimits.times.contains(time) { return .time(name) }
        for cut in cuts where !cut.isInRange { return .time("cut") }
        let isSmall = queueByteCount >= 0 && queueByteCount <= LinkLimits.capacityByteCount
        guard isSmall, capacityByteCount <= LinkLimits.capacityByteCount else {
            return .capacity(isSmall ? capacityByteCount : queueByteCount)
        }
        for (cut, next) in zip(cuts, cuts.dropFirst()) {
            guard let length = cut.length, cut.start + length <= next.start else {
                return .overlappingCuts(start: next.start)
            }
        }
        return nil
    }
}

extension Cut {
    fileprivate var isInRange: Bool {
        LinkLimits.times.contains(start) && LinkLimits.times.contains(length ?? .zero)
    }
}
