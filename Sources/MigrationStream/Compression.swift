/// How hard to compress what the page classes leave.
public enum Compression: Equatable, Sendable {
    /// Not at all.
    case off
    /// With zstd at this level, one of `levels`.
    case level(Int)

    /// The levels that keep within the memory of a small dom0; negative ones are faster.
    public static let levels = -20...9

    /// What can be asked for, for messages.
    public static let expectation =
        "'off', or a level of zstd from \(levels.lowerBound) to \(levels.upperBound)"

    /// Reads what an operator wrote; zero is no level of its own.
    public init?(_ text: String) {
        if text == "off" {
            self = .off
        } else if let level = Int(text), Self.levels ~= level, level != 0 {
            self = .level(level)
        } else {
            return nil
        }
    }
}
