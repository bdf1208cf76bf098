// Unsigned LEB128: seven bits per byte, the lowest first, bit 7 set on all bytes but the last.
// Signed numbers are mapped to unsigned ones in zigzag order (0, -1, 1, -2, ...).

extension UInt64 {
    /// Maps small negative and positive numbers to small unsigned ones.
    init(zigzag value: Int64) {
        self = UInt64(bitPattern: value << 1 ^ value >> 63)
    }
}

extension Int64 {
    /// The inverse of `UInt64(zigzag:)`.
    init(zigzag value: UInt64) {
        self = Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Writes a number, at most ten bytes, and moves past it.
    @inline(__always)
    mutating func write(number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            pointee = UInt8(truncatingIfNeeded: rest) | 0x80
            self += 1
            rest >>= 7
        }
        pointee = UInt8(truncatingIfNeeded: rest)
        self += 1
    }
}

/// A place in a section of a received batch, which never reads beyond its end.
public struct SectionReader {
    let section: BatchSection
    private let start: UnsafePointer<UInt8>
    private var position: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    /// The start of a section.
    public init(_ section: BatchSection, _ start: UnsafeRawPointer, byteCount: Int) {
        self.section = section
        self.start = start.assumingMemoryBound(to: UInt8.self)
        position = self.start
        end = self.start + byteCount
    }

    private var offset: Int { position - start }

    @inline(__always)
    mutating func readByte() throws(PageCodecError) -> UInt8 {
        guard position < end else {
            throw .sectionEndsEarly(section: section, offset: offset)
        }
        defer { position += 1 }
        return position.pointee
    }

    @inline(__always)
    mutating func readNumber() throws(PageCodecError) -> UInt64 {
        let first = try readByte()
        if first < 0x80 { return UInt64(first) }
        return try readLongNumber(first)
    }

    private mutating func readLongNumber(_ first: UInt8) throws(PageCodecError) -> UInt64 {
        var number = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while true {
            let byte = try readByte()
            // The tenth byte holds the one bit that is left of 64.
            guard shift < 63 || byte <= 1 else {
                throw .numberTooLong(section: section, offset: offset - 1)
            }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }

    /// The next bytes, in place.
    @inline(__always)
    mutating func readBytes(_ byteCount: Int) throws(PageCodecError) -> UnsafeRawPointer {
        guard end - position >= byteCount else {
            throw .sectionEndsEarly(section: section, offset: offset)
        }
        defer { position += byteCount }
        return UnsafeRawPointer(position)
    }

    func finish() throws(PageCodecError) {
        guard position == end else {
            throw .sectionHasSurplus(section: section, byteCount: end - position)
        }
    }
}
