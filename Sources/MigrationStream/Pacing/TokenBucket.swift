/// Says when bytes may go out so that a rate holds, also over short times.
///
/// Bytes earn their way at the rate. What was not used is kept for `creditSeconds` only, and little
/// goes out at once: over any two seconds no more than 1.25% above the rate does. The caller tells
/// the time, in seconds since any moment.
public struct TokenBucket: Sendable {
    /// What to do next.
    public enum Step: Equatable, Sendable {
        /// So many bytes may go out now; they count as gone.
        case write(byteCount: Int)
        /// None may for so many seconds.
        case wait(seconds: Double)
    }

    /// For so long a sleep may last longer than it should without a loss of rate.
    private static let creditSeconds = 0.02

    /// At most what the rate carries in this time goes out at once.
    private static let pieceSeconds = 0.005

    private var bytesPerSecond: Double?
    private var creditByteCount = 0.0
    private var time: Double

    /// Starts without credit.
    ///
    /// - Parameters:
    ///   - bytesPerSecond: The rate, or nothing for no limit.
    ///   - time: What the clock says.
    public init(bytesPerSecond: Double?, at time: Double) {
        self.bytesPerSecond = Self.usable(bytesPerSecond)
        self.time = time
    }

    /// A rate that can be kept: at least a byte per second, or none.
    static func usable(_ bytesPerSecond: Double?) -> Double? {
        bytesPerSecond.flatMap { $0.isFinite ? max($0, 1) : nil }
    }

    /// The most that goes out at once after a pause.
    static func burstByteCount(bytesPerSecond: Double) -> Double {
        max(creditSeconds * bytesPerSecond, 1)
    }

    /// Changes the rate; what was earned at the old one stays, as far as the new one allows.
    public mutating func change(to bytesPerSecond: Double?, at time: Double) {
        earn(until: time)
        let isNew = self.bytesPerSecond == nil
        self.bytesPerSecond = Self.usable(bytesPerSecond)
        if isNew { creditByteCount = 0 }
        cut()
    }

    /// Takes leave for bytes that wait, or for the first of them.
    public mutating func take(_ wantedByteCount: Int, at time: Double) -> Step {
        earn(until: time)
        guard let bytesPerSecond, wantedByteCount > 0 else {
            return .write(byteCount: wantedByteCount)
        }
        let pieceByteCount = max((Self.pieceSeconds * bytesPerSecond).rounded(.down), 1)
        let byteCount = min(Double(wantedByteCount), pieceByteCount)
        guard creditByteCount >= byteCount else {
            // Less would not move every clock.
            return .wait(seconds: max((byteCount - creditByteCount) / bytesPerSecond, 1e-6))
        }
        creditByteCount -= byteCount
        return .write(byteCount: Int(exactly: byteCount) ?? wantedByteCount)
    }

    private mutating func earn(until time: Double) {
        creditByteCount += max(time - self.time, 0) * (bytesPerSecond ?? 0)
        self.time = time
        cut()
    }

    private mutating func cut() {
        guard let bytesPerSecond else { return }
        creditByteCount = min(
            creditByteCount,
            Self.burstByteCount(bytesPerSecond: bytesPerSecond)
        )
    }
}
