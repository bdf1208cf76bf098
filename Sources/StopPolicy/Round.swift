/// What one round of pre-copy sent, took and left.
public struct Round: Equatable, Sendable {
    /// Which one it was, from 0, which sends all of the memory.
    public var number: Int

    /// How many pages libxenguest had to send; in round 0 those that do not exist may count too.
    public var sentPageCount: Int

    /// How many pages are dirty after it, seen without clearing them.
    public var dirtyPageCount: Int

    /// What our stream took for it.
    public var encodedByteCount: Int

    /// What libxenguest wrote for it.
    public var stockByteCount: Int

    /// How many of the pages had not changed since they were last sent.
    public var unchangedPageCount: Int

    /// From its start until the link has taken its last byte.
    public var seconds: Double

    /// Notes a round.
    public init(
        number: Int,
        sentPageCount: Int,
        dirtyPageCount: Int,
        encodedByteCount: Int,
        stockByteCount: Int,
        unchangedPageCount: Int,
        seconds: Double
    ) {
        self.number = number
        self.sentPageCount = sentPageCount
        self.dirtyPageCount = dirtyPageCount
        self.encodedByteCount = encodedByteCount
        self.stockByteCount = stockByteCount
        self.unchangedPageCount = unchangedPageCount
        self.seconds = seconds
    }

    /// How many pages came with content, of which libxenguest wrote 4096 bytes each, and 8 for each
    /// page's number.
    var contentPageCount: Double {
        max((Double(stockByteCount) - 8 * Double(sentPageCount)) / 4096, 1)
    }
}
