/// Numbers with units, as they stand on a command line.
public enum Quantity {
    /// Reads a rate: bytes per second ("12.5M", "64Ki"), or bits per second ("100Mbit").
    ///
    /// - Returns: Bytes per second.
    /// - Throws: `QuantityError`.
    public static func byteRate(_ text: String) throws(QuantityError) -> Double {
        let expected = "a rate such as 12.5M (bytes per second) or 100Mbit"
        if text.hasSuffix("bit") {
            return try number(text, text.dropLast(3), multiples, expected) / 8
        }
        return try number(text, text[...], multiples, expected)
    }

    /// Reads a number of bytes: "1500", "4M", "256Ki".
    ///
    /// - Throws: `QuantityError`.
    public static func byteCount(_ text: String) throws(QuantityError) -> Int {
        let expected = "a number of bytes such as 1500, 4M or 256Ki"
        let count = try number(text, text[...], multiples, expected)
        guard let count = Int(exactly: count) else {
            throw QuantityError(text: text, expected: expected)
        }
        return count
    }

    /// Reads a time: "500us", "20ms", "3s", "2m".
    ///
    /// - Throws: `QuantityError`.
    public static func duration(_ text: String) throws(QuantityError) -> Duration {
        try duration(text[...], of: text, "a time such as 500us, 20ms, 3s or 2m")
    }

    /// Reads a share: "0.001" or "0.1%".
    ///
    /// - Throws: `QuantityError`.
    public static func share(_ text: String) throws(QuantityError) -> Double {
        try number(text, text[...], [("%", 0.01), ("", 1)], "a share such as 0.001 or 0.1%")
    }

    /// Reads a cut: "3s+10s" starts after three seconds and lasts ten, "3s" has no end.
    ///
    /// - Throws: `QuantityError`.
    public static func cut(_ text: String) throws(QuantityError) -> Cut {
        let expected = "START+LENGTH such as 3s+10s, or START for a cut without end"
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw QuantityError(text: text, expected: expected) }
        let start = try duration(parts[0], of: text, expected)
        guard parts.count == 2 else { return Cut(start: start, length: nil) }
        return Cut(start: start, length: try duration(parts[1], of: text, expected))
    }

    private typealias Units = [(suffix: String, factor: Double)]

    /// Longer suffixes come before those that they end with.
    private static let multiples: Units = [
        ("ki", 0x1p10), ("Ki", 0x1p10), ("Mi", 0x1p20), ("Gi", 0x1p30), ("k", 1e3), ("K", 1e3),
        ("M", 1e6), ("G", 1e9), ("", 1),
    ]

    private static let seconds: Units = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60)]

    private static func duration(
        _ part: Substring,
        of text: String,
        _ expected: String
    ) throws(QuantityError) -> Duration {
        let seconds = try number(text, part, seconds, expected)
        // More than that, and a duration could not hold it.
        guard seconds <= 1e9 else { throw QuantityError(text: text, expected: expected) }
        return .seconds(seconds)
    }

    private static func number(
        _ text: String,
        _ part: Substring,
        _ units: Units,
        _ expected: String
    ) throws(QuantityError) -> Double {
        guard
            let unit = units.first(where: { part.hasSuffix($0.suffix) }),
            let number = Double(part.dropLast(unit.suffix.count)), number.isFinite, number >= 0
        else { throw QuantityError(text: text, expected: expected) }
        return number * unit.factor
    }
}

/// A text that is not the quantity that was asked for.
public struct QuantityError: Error, Equatable, CustomStringConvertible {
    /// What was found.
    public let text: String
    /// What was expected.
    public let expected: String

    /// What was found and what was expected.
    public var description: String { "'\(text)' is not \(expected)" }
}
