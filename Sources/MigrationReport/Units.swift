/// Figures for people: three digits that count, and decimal prefixes as networks have them.
public enum Units {
    /// Bytes: `512 B`, `41.3 MB`, `1.07 GB`.
    public static func bytes(_ byteCount: Int) -> String {
        let value = Double(byteCount)
        for (unit, size) in [("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
        where value >= size * 0.9995 {
            return threeDigits(value / size) + " " + unit
        }
        return "\(byteCount) B"
    }

    /// Time: `212 ms`, `34.1 s`, `2 min 5 s`, `3 h 20 min`.
    public static func time(milliseconds: Int) -> String {
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        return time(seconds: Double(milliseconds) / 1000)
    }

    /// Time, in the same words.
    public static func time(seconds: Double) -> String {
        if seconds < 0.9995 { return "\(Int(milliseconds: max(seconds, 0))) ms" }
        if seconds < 99.95 { return threeDigits(seconds) + " s" }
        let whole = Int(clamping: seconds)
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(grouped(whole / 3600)) h \(whole / 60 % 60) min"
    }

    /// A rate in megabits per second.
    public static func rate(_ megabitsPerSecond: Double) -> String {
        threeDigits(megabitsPerSecond) + " Mbit/s"
    }

    /// A number as `0.212`, `3.41`, `34.1`, `341` or `3410`.
    public static func threeDigits(_ value: Double) -> String {
        let size = value.magnitude
        if size == 0 { return "0" }
        return decimal(value, digits: size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
    }

    /// A number with so many digits after the point; `?` if it is none.
    public static func decimal(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        guard let scaled = Int(exactly: (value * Double(scale)).rounded()) else { return "?" }
        let sign = scaled < 0 ? "-" : ""
        let (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: UInt(scale))
        guard digits > 0 else { return sign + "\(whole)" }
        let text = "\(fraction)"
        return sign + "\(whole)." + String(repeating: "0", count: digits - text.count) + text
    }

    /// A whole number with commas: `65,536`.
    public static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)[...]
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }
}
