/// Which 8-byte words differ between two versions of a page or block: one bit per word.
///
/// 64 bytes for a page, its first word in bit 0 of byte 0, as on the wire.
public struct ChangedWords {
    /// Eight times 64 bits, of which a block uses the first two.
    public private(set) var bits = SIMD8<UInt64>(repeating: 0)

    /// How many words differ, from 0 to 512.
    public private(set) var count = 0

    /// Compares two versions; `byteCount` is that of a page or a block.
    @inline(__always)
    public init(from base: UnsafeRawPointer, to target: UnsafeRawPointer, byteCount: Int) {
        for index in 0..<byteCount / Self.bytesPerPart {
            var part: UInt64 = 0
            var offset = 0
            while offset < Self.bytesPerPart {
                let position = index &* Self.bytesPerPart &+ offset
                let words = changedWords(ofBytes: changedBytes(base + position, target + position))
                part |= words &<< UInt64(offset &>> 3)
                offset &+= 64
            }
            bits[index] = part
            count &+= part.nonzeroBitCount
        }
    }
}

/// Writes the words of `target` that differ, one after the other.
public func writeChangedWords(
    _ changed: ChangedWords,
    of target: UnsafeRawPointer,
    byteCount: Int,
    to literals: inout UnsafeMutablePointer<UInt8>
) {
    var cursor = UnsafeMutableRawPointer(literals)
    for index in 0..<byteCount / ChangedWords.bytesPerPart {
        var rest = changed.bits[index]
        let words = target + index * ChangedWords.bytesPerPart
        while rest != 0 {
            let word = words.loadUnaligned(
                fromByteOffset: 8 &* rest.trailingZeroBitCount,
                as: UInt64.self
            )
            cursor.storeBytes(of: word, as: UInt64.self)
            cursor += 8
            rest &= rest &- 1
        }
    }
    literals = cursor.assumingMemoryBound(to: UInt8.self)
}

extension ChangedWords {
    /// What 64 bits of the mask stand for.
    static let bytesPerPart = 512

    /// What the words take, and the mask after compression, more or less.
    var byteCountEstimate: Int { 8 &* count &+ 8 }

    /// The length of the mask on the wire for a page or block.
    static func maskByteCount(ofByteCount byteCount: Int) -> Int { byteCount / 64 }
}

/// Replaces words of `target`, which holds the old version, by those that follow in `literals`.
///
/// - Throws: `PageCodecError` if the sections end early.
public func applyChangedWords(
    to target: UnsafeMutableRawPointer,
    byteCount: Int,
    control: inout SectionReader,
    literals: inout SectionReader
) throws(PageCodecError) {
    let mask = try control.readBytes(ChangedWords.maskByteCount(ofByteCount: byteCount))
    for index in 0..<byteCount / ChangedWords.bytesPerPart {
        var rest = UInt64(
            littleEndian: mask.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        )
        var source = try literals.readBytes(8 * rest.nonzeroBitCount)
        let words = target + index * ChangedWords.bytesPerPart
        while rest != 0 {
            words.storeBytes(
                of: source.loadUnaligned(as: UInt64.self),
                toByteOffset: 8 &* rest.trailingZeroBitCount,
                as: UInt64.self
            )
            source += 8
            rest &= rest &- 1
        }
    }
}
