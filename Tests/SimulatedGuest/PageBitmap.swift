/// A set of pages of a guest.
public struct PageBitmap: Sendable {
    /// One bit for each page, the lowest first.
    public private(set) var words: [UInt64]
    /// How many pages are in the set.
    public private(set) var count = 0

    init(pageCount: Int) {
        words = Array(repeating: 0, count: (pageCount + 63) / 64)
    }

    mutating func insert(_ pfn: UInt32) {
        let bit: UInt64 = 1 << UInt64(pfn % 64)
        let index = Int(pfn / 64)
        if words[index] & bit == 0 {
            words[index] |= bit
            count += 1
        }
    }

    mutating func formUnion(_ other: PageBitmap) {
        for index in words.indices { words[index] |= other.words[index] }
        count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// Calls with each page in the set, in ascending order, until that fails.
    ///
    /// - Returns: Whether it never failed.
    func allSatisfy(_ body: (UInt32) -> Bool) -> Bool {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                guard body(UInt32(index * 64 + rest.trailingZeroBitCount)) else { return false }
                rest &= rest - 1
            }
        }
        return true
    }
}
