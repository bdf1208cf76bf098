public import MigrationStream
internal import PageCodec

/// How many pages went in which way; part of the records of a round and of the end.
public struct PageCounts: Codable, Equatable, Sendable {
    /// Pages of zeros.
    public var zero = 0
    /// Pages that were as they had last been sent.
    public var unchanged = 0
    /// Pages that the receiver had in its cache.
    public var reference = 0
    /// Pages sent as the difference from their last version.
    public var delta = 0
    /// Pages sent as blocks.
    public var blocks = 0
    /// Pages without a better class.
    public var raw = 0
    /// Pages in batches that were sent as libxenguest wrote them.
    public var whole = 0

    /// Counts of nothing.
    public init() {}

    /// The counts of a stream since its beginning.
    public init(_ statistics: StreamStatistics) {
        zero = statistics.pages.zeroPageCount
        unchanged = statistics.pages.unchangedPageCount
        reference = statistics.pages.referencePageCount
        delta = statistics.pages.deltaPageCount
        blocks = statistics.pages.blocksPageCount
        raw = statistics.pages.rawPageCount
        whole = statistics.wholePageCount
    }

    /// All pages.
    public var total: Int { zero + normal }

    /// All pages but those of zeros; QEMU's `normal`.
    public var normal: Int { unchanged + reference + delta + blocks + raw + whole }

    /// What came between two counts of the same stream.
    public static func - (later: PageCounts, earlier: PageCounts) -> PageCounts {
        var result = later
        result.zero -= earlier.zero
        result.unchanged -= earlier.unchanged
        result.reference -= earlier.reference
        result.delta -= earlier.delta
        result.blocks -= earlier.blocks
        result.raw -= earlier.raw
        result.whole -= earlier.whole
        return result
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case zero, unchanged, reference, delta, blocks, raw, whole
    }
}
