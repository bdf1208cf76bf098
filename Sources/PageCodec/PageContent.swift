internal import Glibc

/// Whether all bytes of a page are zero.
///
/// Cost: most pages with content are told apart by their first 64 bytes; a zero page is read whole.
public func isZeroPage(_ page: UnsafeRawPointer) -> Bool {
    var offset = 0
    while offset < PageFormat.pageByteCount {
        let words = page.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
        // An OR tree over halves compiles to vector instructions; `words == .zero` does not.
        let four = words.lowHalf | words.highHalf
        let two = four.lowHalf | four.highHalf
        if two.x | two.y != 0 { return false }
        offset += MemoryLayout<SIMD8<UInt64>>.size
    }
    return true
}

/// A page of zeros that is never freed: the version of a page that was never sent.
enum ZeroPage {
    /// 4,096 zero bytes.
    static var bytes: UnsafeRawPointer { UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped }

    private static let address: UInt = {
        let page = UnsafeMutableRawPointer.allocate(
            byteCount: PageFormat.pageByteCount,
            alignment: PageFormat.pageByteCount
        )
        page.initializeMemory(as: UInt8.self, repeating: 0, count: PageFormat.pageByteCount)
        return UInt(bitPattern: page)
    }()
}

/// Whether two stretches of memory hold the same bytes.
///
/// Cost: libc's memcmp, which picks the best instructions at run time.
@inline(__always)
public func isEqual(
    _ first: UnsafeRawPointer,
    _ second: UnsafeRawPointer,
    _ byteCount: Int
) -> Bool {
    memcmp(first, second, byteCount) == 0
}
