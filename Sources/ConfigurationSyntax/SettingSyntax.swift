/// How a kind of value is written, the same in the environment, the file and xenstore.
package struct SettingSyntax<Value: Sendable>: Sendable {
    /// What can be written, for messages and documents: "a number from 1 to 8".
    package let accepts: String
    /// Reads a value; `nil` if this is none.
    package let read: @Sendable (String) -> Value?
    /// Writes a value so that it can be read again.
    package let write: @Sendable (Value) -> String
    /// What people often get wrong, for messages: "has no unit"; `nil` for anything else.
    package var flaw: @Sendable (String) -> String?

    /// A syntax.
    package init(
        accepts: String,
        read: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String,
        flaw: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.accepts = accepts
        self.read = read
        self.write = write
        self.flaw = flaw
    }
}

extension SettingSyntax {
    /// A value, or a word for its absence.
    package func optional(_ word: String, meaning explanation: String?) -> SettingSyntax<Value?> {
        let explanation = explanation.map { " (\($0))" } ?? ""
        return SettingSyntax<Value?>(
            accepts: "\(word)\(explanation), or \(accepts)",
            read: { [read] text in
                if text == word { return .some(nil) }
                return read(text).map { .some($0) }
            },
            write: { [write] value in value.map(write) ?? word },
            flaw: flaw
        )
    }
}

extension SettingSyntax where Value: Equatable {
    /// One of a few words.
    package static func choice(_ words: [(word: String, value: Value)]) -> SettingSyntax {
        SettingSyntax(
            accepts: enumeration(words.map(\.word)),
            read: { text in words.first { $0.word == text }?.value },
            write: { value in words.first { $0.value == value }?.word ?? "" }
        )
    }
}

extension SettingSyntax<Bool> {
    /// The words `yes` and `no`, and TOML's own.
    package static let yesOrNo = SettingSyntax(
        accepts: "yes or no",
        read: { text in
            switch text {
            case "yes", "true": true
            case "no", "false": false
            default: nil
            }
        },
        write: { $0 ? "yes" : "no" }
    )
}

extension SettingSyntax<Int> {
    /// A whole number.
    package static func number(in range: ClosedRange<Int>) -> SettingSyntax {
        SettingSyntax(
            accepts: "a number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in Int(text).flatMap { range ~= $0 ? $0 : nil } },
            write: { String($0) }
        )
    }

    /// A number of bytes, decimal (`5M` is 5,000,000) or binary (`5Mi` is 5,242,880).
    ///
    /// The bounds are given as they are shown.
    package static func byteCount(
        from lowest: String,
        to highest: String,
        perSecond: Bool = false
    ) -> SettingSyntax {
        let range = (byteCount(lowest) ?? 0)...(byteCount(highest) ?? .max)
        let unit = perSecond ? "bytes per second" : "bytes"
        return SettingSyntax(
            accepts: "\(unit), such as 5M (5,000,000) or 5Mi (5,242,880), "
                + "from \(lowest) to \(highest)",
            read: { text in byteCount(text).flatMap { range ~= $0 ? $0 : nil } },
            write: { byteCount in
                let unit = byteUnits.last { byteCount > 0 && byteCount % $0.byteCount == 0 }
                return unit.map { "\(byteCount / $0.byteCount)\($0.suffix)" } ?? String(byteCount)
            }
        )
    }

    /// From small to large, so that the last that divides a number writes it shortest.
    private static let byteUnits: [(suffix: String, byteCount: Int)] = [
        ("k", 1000), ("ki", 1 << 10), ("M", 1_000_000), ("Mi", 1 << 20), ("G", 1_000_000_000),
        ("Gi", 1 << 30), ("T", 1_000_000_000_000), ("Ti", 1 << 40),
    ]

    private static func byteCount(_ text: String) -> Int? {
        guard let (number, suffix) = split(text) else { return nil }
        if suffix.isEmpty { return number }
        let known = suffix.first == "K" ? "k" + suffix.dropFirst() : suffix
        guard let unit = byteUnits.first(where: { $0.suffix == known }) else { return nil }
        return product(number, unit.byteCount)
    }
}

extension SettingSyntax<Duration> {
    /// A time with its unit; the bounds are given as they are shown.
    package static func duration(from lowest: String, to highest: String) -> SettingSyntax {
        let range = (milliseconds(lowest) ?? 0)...(milliseconds(highest) ?? .max)
        return SettingSyntax(
            accepts:
                "a time with its unit, such as 300ms, 2s, 5m or 1h, from \(lowest) to \(highest)",
            read: { text in
                milliseconds(text).flatMap { range ~= $0 ? .milliseconds($0) : nil }
            },
            write: { duration in
                let (seconds, attoseconds) = duration.components
                let milliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
                let unit = timeUnits.last {
                    milliseconds > 0 && milliseconds % $0.milliseconds == 0
                }
                return unit.map { "\(milliseconds / $0.milliseconds)\($0.suffix)" } ?? "0ms"
            },
            flaw: { text in Int(text) == nil ? nil : "has no unit" }
        )
    }

    private static let timeUnits: [(suffix: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]

    private static func milliseconds(_ text: String) -> Int? {
        guard
            let (number, suffix) = split(text),
            let unit = timeUnits.first(where: { $0.suffix == suffix })
        else { return nil }
        return product(number, unit.milliseconds)
    }
}

/// The digits at the start of a text as a number, and the rest.
private func split(_ text: String) -> (number: Int, suffix: Substring)? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits) else { return nil }
    return (number, text[digits.endIndex...])
}

private func product(_ number: Int, _ factor: Int) -> Int? {
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
}

/// "a, b or c".
private func enumeration(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}
