/// How a guest that is larger than its trace is put together: the trace's memory several times.
///
/// The first tile has the address space of the trace. Each other one repeats the lower part of it,
/// up to its first large hole, behind that: as a real guest has its memory above 4 GiB.
public struct GuestTiling: Sendable, Equatable {
    /// More tiles would not all differ in content.
    public static let countMaximum = 255
    /// A hole of so many pages ends the lower part of an address space (16 MiB).
    static let holePageCount = 4096

    /// How many tiles there are.
    public let count: Int
    /// The size of the guest's address space in pages, holes included.
    public let addressSpacePageCount: Int
    /// How many pages of memory the guest has.
    public let memoryPageCount: Int

    private let firstPageCount: Int
    private let repeatedPageCount: Int

    /// Puts tiles together.
    ///
    /// - Throws: `RecordedStreamError.badTileCount` if so many are not possible: there must be 1 to
    ///   255, and in all no more than 64 GiB.
    public init(_ trace: GuestTrace, count: Int = 1) throws(RecordedStreamError) {
        firstPageCount = trace.addressSpacePageCount
        repeatedPageCount = Self.lowerPageCount(trace.firstVersions)
        let repeated = trace.firstVersions.prefix(repeatedPageCount).count { $0.hasPage }
        let maximum = min(
            (Int(PFN.maximum) + 1 - firstPageCount) / max(repeatedPageCount, 1) + 1,
            Self.countMaximum
        )
        guard 1...maximum ~= count else { throw .badTileCount(count, maximum: maximum) }
        self.count = count
        addressSpacePageCount = firstPageCount + (count - 1) * repeatedPageCount
        memoryPageCount = trace.memoryPageCount + (count - 1) * repeated
    }

    private static func lowerPageCount(_ versions: [PageVersion]) -> Int {
        var end = 0
        for (pfn, version) in versions.enumerated() where version.hasPage {
            if pfn - end >= holePageCount, end > 0 { return end }
            end = pfn + 1
        }
        return end
    }

    /// The tile that a page of the guest is in, and which page of the trace it is there.
    func place(of pfn: UInt32) -> (tile: Int, tracePFN: UInt32) {
        guard pfn >= firstPageCount else { return (0, pfn) }
        let beyond = Int(pfn) - firstPageCount
        return (1 + beyond / repeatedPageCount, UInt32(beyond % repeatedPageCount))
    }

    /// Where a tile has a page of the trace; nothing if it is not repeated there.
    func pfn(of tracePFN: UInt32, inTile tile: Int) -> UInt32? {
        guard tile > 0 else { return tracePFN }
        guard tracePFN < repeatedPageCount else { return nil }
        return UInt32(firstPageCount + (tile - 1) * repeatedPageCount) + tracePFN
    }
}
