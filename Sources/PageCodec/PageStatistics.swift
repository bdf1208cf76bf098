/// How many pages were coded in which way.
public struct PageStatistics: Equatable, Sendable {
    /// Pages of zeros.
    public var zeroPageCount = 0
    /// Pages that were as they had last been sent.
    public var unchangedPageCount = 0
    /// Pages that were in the cache already.
    public var referencePageCount = 0
    /// Pages sent as the difference from their last version.
    public var deltaPageCount = 0
    /// Pages sent as blocks, some of which were in the cache already.
    public var blocksPageCount = 0
    /// Pages sent whole.
    public var rawPageCount = 0
    /// Entries without content: holes, broken pages and pages that are only to be allocated.
    public var emptyEntryCount = 0

    /// Statistics of nothing.
    public init() {}

    /// Pages with content.
    public var pageCount: Int {
        zeroPageCount + unchangedPageCount + referencePageCount + deltaPageCount + blocksPageCount
            + rawPageCount
    }

    /// Adds the counts of another part.
    public static func += (sum: inout PageStatistics, other: PageStatistics) {
        sum.zeroPageCount += other.zeroPageCount
        sum.unchangedPageCount += other.unchangedPageCount
        sum.referencePageCount += other.referencePageCount
        sum.deltaPageCount += other.deltaPageCount
        sum.blocksPageCount += other.blocksPageCount
        sum.rawPageCount += other.rawPageCount
        sum.emptyEntryCount += other.emptyEntryCount
    }

    mutating func count(_ pageClass: PageClass) {
        switch pageClass {
        case .zero: zeroPageCount += 1
        case .unchanged: unchangedPageCount += 1
        case .reference: referencePageCount += 1
        case .delta, .words: deltaPageCount += 1
        case .blocks: blocksPageCount += 1
        case .raw: rawPageCount += 1
        }
    }
}

extension PageStatistics: CustomStringConvertible {
    /// The counts in the order in which the classes are tried.
    public var description: String {
        "\(pageCount) pages: \(zeroPageCount) zero, \(unchangedPageCount) unchanged, "
            + "\(referencePageCount) references, \(deltaPageCount) deltas, "
            + "\(blocksPageCount) blocks, \(rawPageCount) raw"
    }
}
