public import PageCodec

/// How much memory a page cache may take, and how many slots that makes.
public struct CacheSize: Equatable, Sendable {
    /// The memory that the cache and its indexes take when it is full.
    public let byteCount: Int

    /// What a slot takes: the page, its part of the content and version indexes.
    private static let slotByteCount = PageFormat.pageByteCount + 256

    /// The smallest and the largest size in MiB that can be asked for.
    public static let mebibyteRange = 1...65536

    /// A size in MiB within `mebibyteRange`.
    public init?(mebibytes: Int) {
        guard Self.mebibyteRange ~= mebibytes else { return nil }
        byteCount = mebibytes << 20
    }

    /// The default of the offline tool, which does not know the guest.
    public static let offlineDefault = CacheSize(byteCount: 128 << 20)

    /// The default for a guest: half of its memory, from 16 to 256 MiB, so that sender and receiver
    /// fit into a small dom0 side by side; less where so much is not free.
    public static func `default`(
        forGuestWithPageCount pageCount: Int,
        availableByteCount: Int
    ) -> CacheSize {
        let half = pageCount * PageFormat.pageByteCount / 2
        let wanted = min(max(half, 16 << 20), 256 << 20)
        return CacheSize(byteCount: max(min(wanted, availableByteCount / 2), 1 << 20))
    }

    /// Checks that the cache fits into the memory that is free.
    ///
    /// - Throws: `PageCodecError.cacheNotAllocatable`.
    public func requireAvailable(byteCount available: Int) throws(PageCodecError) {
        guard byteCount <= available else {
            throw .cacheNotAllocatable(byteCount: byteCount, allowedByteCount: available)
        }
    }

    /// The number of slots that fit.
    public var slotCount: Int { byteCount / Self.slotByteCount }

    /// The memory that a cache with this number of slots takes.
    static func byteCount(ofSlotCount slotCount: Int) -> Int {
        slotCount * slotByteCount
    }

    private init(byteCount: Int) {
        self.byteCount = byteCount
    }
}
