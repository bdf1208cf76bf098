extension [UInt8] {
    /// Appends a number, the lowest byte first.
    public mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends a number, the highest byte first.
    public mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// Reads pairs of hexadecimal digits and ignores white space; `nil` for anything else.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.filter { !$0.isWhitespace }.map { $0.hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            append(UInt8(high << 4 | low))
        }
    }

    /// The bytes as pairs of hexadecimal digits.
    public var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    /// The little-endian number at an offset, which must lie within the array.
    public func number<Number: FixedWidthInteger>(
        at offset: Int,
        as type: Number.Type
    ) -> Number {
        withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }
}
