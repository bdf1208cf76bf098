/// Which cached page was last sent for a pfn: the second index into the cache (paper IV-B2).
///
/// It remembers the last `capacity` pages that were sent with content, in a ring; a pfn that is sent
/// again takes a new place. Both ends keep it alike, so its rule is part of the format
/// (`docs/protocol.md`, "Page versions"). It never grows. Cost: one or two cache lines per call.
struct PageVersions: ~Copyable {
    /// What was last sent for a pfn.
    struct Version {
        /// The number of the store into the cache.
        var store: UInt64
        /// The page type that was sent with it.
        var type: UInt8
    }

    /// How many versions are remembered.
    let capacity: Int

    private static let noPFN = UInt64.max

    private var next = 0
    private let pfns: UnsafeMutablePointer<UInt64>
    private let versions: UnsafeMutablePointer<Version>

    // Open addressing with probing in constant steps, at most half full. An element is a place in the
    // ring plus one; zero is free.
    private let table: UnsafeMutablePointer<UInt32>
    private let tableMask: Int

    init(slotCount: Int) {
        capacity = slotCount * PageFormat.versionsPerSlot
        pfns = .allocate(capacity: capacity)
        pfns.initialize(repeating: Self.noPFN, count: capacity)
        versions = .allocate(capacity: capacity)
        versions.initialize(repeating: Version(store: 0, type: 0), count: capacity)
        let tableCount = (2 * capacity).roundedUpToPowerOfTwo
        tableMask = tableCount - 1
        table = .allocate(capacity: tableCount)
        table.initialize(repeating: 0, count: tableCount)
    }

    deinit {
        pfns.deallocate()
        versions.deallocate()
        table.deallocate()
    }

    /// The version last sent for a pfn, unless it was forgotten.
    func version(of pfn: UInt64) -> Version? {
        let place = self.place(of: pfn)
        return table[place] == 0 ? nil : versions[Int(table[place]) - 1]
    }

    /// Notes what was sent for a pfn; the oldest note is forgotten if the ring is full.
    mutating func remember(_ version: Version, for pfn: UInt64) {
        forget(pfn)
        if pfns[next] != Self.noPFN { forget(pfns[next]) }
        pfns[next] = pfn
        versions[next] = version
        table[place(of: pfn)] = UInt32(truncatingIfNeeded: next + 1)
        next = next + 1 == capacity ? 0 : next + 1
    }

    /// Forgets a pfn: its content is zero or gone.
    mutating func forget(_ pfn: UInt64) {
        var hole = place(of: pfn)
        guard table[hole] != 0 else { return }
        pfns[Int(table[hole]) - 1] = Self.noPFN
        // Move later elements of the same cluster back, so that searches never meet a gap.
        var candidate = hole
        while true {
            candidate = (candidate + Self.step) & tableMask
            guard table[candidate] != 0 else { break }
            let home = Self.hash(pfns[Int(table[candidate]) - 1]) & tableMask
            if stepCount(from: home, to: candidate) >= stepCount(from: hole, to: candidate) {
                table[hole] = table[candidate]
                hole = candidate
            }
        }
        table[hole] = 0
    }

    /// Where a pfn is in the table, or where it would go.
    private func place(of pfn: UInt64) -> Int {
        var place = Self.hash(pfn) & tableMask
        while table[place] != 0, pfns[Int(table[place]) - 1] != pfn {
            place = (place + Self.step) & tableMask
        }
        return place
    }

    /// From place to place: past the sixteen neighbours in a cache line, which are often all taken,
    /// and odd, so that no place is left out.
    private static let step = 17

    /// How many steps lead from one place to another.
    private func stepCount(from start: Int, to end: Int) -> Int {
        // 17 times this number is 1, modulo 2 to the power of 32.
        (end - start) &* 0xf0f0_f0f1 & tableMask
    }

    /// Spreads pfns, but keeps sixteen neighbours in one cache line of the table.
    private static func hash(_ pfn: UInt64) -> Int {
        let group = (pfn >> 4) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: (group >> 28) & ~15 | pfn & 15)
    }
}

extension Int {
    /// The smallest power of two that is not smaller.
    var roundedUpToPowerOfTwo: Int {
        self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
    }
}
