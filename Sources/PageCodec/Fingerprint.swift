internal import CXXHash

/// The fingerprints of a page: XXH3-64 of each block, and of those four numbers for the page.
///
/// One pass over the content serves both the page index and the block index. A fingerprint only
/// proposes a match; content is always compared before a reference is made.
public struct PageFingerprint: Sendable {
    /// One fingerprint per block, in order.
    public var blocks: (UInt64, UInt64, UInt64, UInt64)

    /// The fingerprint of the whole page.
    public var page: UInt64

    /// Hashes the blocks of a page, and the four results.
    public init(of page: UnsafeRawPointer) {
        let size = PageFormat.blockByteCount
        blocks = (
            UInt64(XXH3_64bits_dispatch(page, size)),
            UInt64(XXH3_64bits_dispatch(page + size, size)),
            UInt64(XXH3_64bits_dispatch(page + 2 * size, size)),
            UInt64(XXH3_64bits_dispatch(page + 3 * size, size))
        )
        self.page = withUnsafeBytes(of: &blocks) {
            UInt64(XXH3_64bits_dispatch($0.baseAddress, $0.count))
        }
    }

    subscript(block index: Int) -> UInt64 {
        switch index {
        case 0: blocks.0
        case 1: blocks.1
        case 2: blocks.2
        default: blocks.3
        }
    }

    /// Those of a page of zeros.
    static let ofZeroPage = PageFingerprint(of: ZeroPage.bytes)

    /// The fingerprint of a page of zeros.
    static var zeroPage: UInt64 { ofZeroPage.page }
}

/// The checksum of a batch: a chain over its sections and the fingerprints of its pages.
///
/// It covers what was rebuilt, not only what was sent, so a cache that went out of step is noticed
/// before a guest sees the page (`docs/protocol.md`, "Content checksum").
struct BatchChecksum {
    private(set) var value: UInt64 = 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        value = UInt64(XXH3_64bits_withSeed_dispatch(bytes.baseAddress, bytes.count, value))
    }
}
