internal import CSSE2

/// Where content with a given fingerprint may be in the cache; only the encoder needs it.
///
/// Buckets of four entries, one half of a cache line each: it never grows and nothing is ever
/// removed. An entry may be outdated, since its slot may have been overwritten; the caller compares
/// content before it uses a position, so an outdated entry costs a comparison and nothing else.
struct ContentIndex: ~Copyable {
    private static let bucketCapacity = 4

    // An entry holds the upper half of the fingerprint and, below it, the position plus one.
    private let entries: UnsafeMutablePointer<UInt64>
    private let bucketMask: Int

    /// Creates an index for `positionCount` positions.
    init(positionCount: Int) {
        let bucketCount = max(positionCount / 2, 1).roundedUpToPowerOfTwo
        bucketMask = bucketCount - 1
        entries = .allocate(capacity: bucketCount * Self.bucketCapacity)
        entries.initialize(repeating: 0, count: bucketCount * Self.bucketCapacity)
    }

    deinit { entries.deallocate() }

    /// The position of content with a fingerprint, if it was noted and is not forgotten.
    @inline(__always)
    func candidate(for fingerprint: UInt64) -> Int? {
        let bucket = bucket(for: fingerprint)
        for index in 0..<Self.bucketCapacity {
            let entry = bucket[index]
            guard entry >> 32 == fingerprint >> 32, UInt32(truncatingIfNeeded: entry) != 0 else {
                continue
            }
            // `insert` leaves no second one.
            return Int(entry & 0xffff_ffff) - 1
        }
        return nil
    }

    /// Brings the candidate for a fingerprint into the processor's cache, for a look at it soon.
    @inline(__always)
    func prefetchCandidate(for fingerprint: UInt64) {
        prefetch(UnsafeRawPointer(bucket(for: fingerprint)))
    }

    /// Notes the position of content; within a bucket the same fingerprint, a free entry or the
    /// oldest one makes room.
    func insert(_ fingerprint: UInt64, at position: Int) {
        let bucket = bucket(for: fingerprint)
        let entry = fingerprint & 0xffff_ffff_0000_0000 | UInt64(position + 1)
        // Entries are kept newest first, so the last one is the oldest.
        var carried = entry
        for index in 0..<Self.bucketCapacity {
            let current = bucket[index]
            bucket[index] = carried
            if current >> 32 == entry >> 32 || current == 0 { return }
            carried = current
        }
    }

    private func bucket(for fingerprint: UInt64) -> UnsafeMutablePointer<UInt64> {
        entries + (Int(truncatingIfNeeded: fingerprint) & bucketMask) * Self.bucketCapacity
    }
}
