/// The calculations behind the figures of a report; none of them traps or gives what is no number.
public enum Measures {
    /// Bytes of a page.
    public static let pageByteCount = 4096

    /// Megabits (10^6) per second, to three digits; zero for no time.
    public static func megabitsPerSecond(byteCount: Int, seconds: Double) -> Double {
        guard seconds > 0, byteCount > 0 else { return 0 }
        let rate = Double(byteCount) * 8 / seconds / 1e6
        return rate < 1e12 ? (rate * 1000).rounded() / 1000 : 0
    }

    /// Pages that the guest changed per second; zero for no time.
    ///
    /// - Parameters:
    ///   - dirtyPageCount: The pages that are to be sent again after a round.
    ///   - seconds: How long that round took.
    /// - Returns: Pages per second.
    public static func dirtyPagesPerSecond(dirtyPageCount: Int, seconds: Double) -> Double {
        guard seconds > 0, dirtyPageCount > 0 else { return 0 }
        return Double(dirtyPageCount) / seconds
    }
}

extension Int {
    /// The nearest whole number; the largest or smallest where there is none, zero for no number.
    init(clamping value: Double) {
        guard !value.isNaN else {
            self = 0
            return
        }
        self = Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }

    /// Seconds as whole milliseconds.
    public init(milliseconds seconds: Double) {
        self.init(clamping: seconds * 1000)
    }
}

extension Duration {
    /// The duration in seconds.
    public var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
