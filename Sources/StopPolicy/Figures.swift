/// Numbers as an operator reads them.
enum Figures {
    /// A number with its thousands apart.
    static func count(_ count: Int) -> String {
        let digits = Array(String(count.magnitude))
        var text = count < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Bytes, in units of powers of ten.
    static func byteCount(_ count: Int) -> String {
        let bytes = Double(count)
        return switch bytes.magnitude {
        case ..<1e3: "\(count) bytes"
        case ..<1e6: "\(decimal(bytes / 1e3)) kB"
        case ..<1e9: "\(decimal(bytes / 1e6)) MB"
        default: "\(decimal(bytes / 1e9)) GB"
        }
    }

    /// A time in milliseconds, or in seconds if it is long.
    static func duration(milliseconds: Double) -> String {
        milliseconds < 1000
            ? "\(decimal(milliseconds)) ms" : duration(seconds: milliseconds / 1000)
    }

    /// A time in seconds.
    static func duration(seconds: Double) -> String {
        "\(decimal(seconds)) s"
    }

    /// A whole number nearest to a value, whatever it is.
    static func whole(_ value: Double) -> Int {
        if value.isNaN { return 0 }
        return Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }

    /// One decimal place below ten, else none.
    private static func decimal(_ value: Double) -> String {
        let tenths = whole(value * 10)
        guard tenths.magnitude < 100, tenths % 10 != 0 else { return count(whole(value)) }
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}
