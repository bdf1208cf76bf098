internal import CSSE2

/// Which of 64 bytes differ between two versions: one bit per byte, the first in bit 0.
///
/// Cost: about 25 instructions of SSE2, which every x86-64 processor has. All comparisons of bytes
/// together are about a seventh of the encoder's time, too little for wider instructions and the
/// dispatch that those need.
@inline(__always)
func changedBytes(_ base: UnsafeRawPointer, _ target: UnsafeRawPointer) -> UInt64 {
    ~(equalBytes(base, target, 0) | equalBytes(base, target, 16) &<< 16
        | equalBytes(base, target, 32) &<< 32 | equalBytes(base, target, 48) &<< 48)
}

@inline(__always)
private func equalBytes(
    _ base: UnsafeRawPointer,
    _ target: UnsafeRawPointer,
    _ offset: Int
) -> UInt64 {
    let first = base.loadUnaligned(fromByteOffset: offset, as: SIMD2<Int64>.self)
    let second = target.loadUnaligned(fromByteOffset: offset, as: SIMD2<Int64>.self)
    return UInt64(UInt32(bitPattern: _mm_movemask_epi8(_mm_cmpeq_epi8(first, second))))
}

/// Which 8-byte words those are: eight bits, the first word in bit 0.
@inline(__always)
func changedWords(ofBytes bytes: UInt64) -> UInt64 {
    // The product gathers the eight bits in its highest byte.
    (nonzeroBytes(of: bytes) &* 0x0102_0408_1020_4080) &>> 56
}

/// Adds up how many 8-byte words differ in the parts of a page.
struct WordCounts {
    // A count in each byte, of the words at one place in their parts: at most 64, so none overflows.
    private var counts: UInt64 = 0

    /// Adds the words of 64 bytes.
    @inline(__always)
    mutating func add(changedBytes bytes: UInt64) {
        counts &+= nonzeroBytes(of: bytes)
    }

    /// How many words that were, from 0 to 512.
    var total: Int {
        let everySecondByte: UInt64 = 0x00ff_00ff_00ff_00ff
        let pairs = (counts & everySecondByte) &+ (counts &>> 8 & everySecondByte)
        // The product adds the four sums up in its highest 16 bits.
        return Int(truncatingIfNeeded: (pairs &* 0x0001_0001_0001_0001) &>> 48)
    }
}

/// One in each byte that is not zero.
@inline(__always)
private func nonzeroBytes(of bytes: UInt64) -> UInt64 {
    let lowBits: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    // A carry into the highest bit tells whether any of the others is set.
    return (((bytes & lowBits) &+ lowBits | bytes) & ~lowBits) &>> 7
}
