internal import CXXHash

/// A fingerprint of a guest's memory, to tell whether two are equal.
///
/// It covers pfn, type and content of all pages that have content. Those that have none cannot
/// differ: Xen only populates them at the target, or leaves them out.
public struct MemoryDigest: ~Copyable {
    private let state: OpaquePointer?
    private var pageCount = 0

    /// That of no pages.
    public init() {
        state = XXH3_createState()
        XXH3_128bits_reset(state)
    }

    deinit { XXH3_freeState(state) }

    /// Adds a page, in the order of pfns.
    public mutating func add(pfn: UInt32, type: UInt64, page: UnsafeRawPointer) {
        var entry = type << PageEntry.typeShift | UInt64(pfn)
        XXH3_128bits_update(state, &entry, MemoryLayout<UInt64>.size)
        XXH3_128bits_update(state, page, pageByteCount)
        pageCount += 1
    }

    /// One line of text: the hash in hexadecimal, and how many pages there were.
    public var text: String {
        let hash = XXH3_128bits_digest(state)
        let digits = [hash.high64, hash.low64].map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return "\(digits.joined()) \(pageCount) pages\n"
    }
}

extension RunningGuest {
    /// The digest of the guest's memory as it is now; it should be paused.
    public func memoryDigest(at now: Double) -> String {
        var digest = MemoryDigest()
        let batch = PageBatch()
        let count = PageBatch.pageCountMaximum
        for start in stride(from: 0, to: tiling.addressSpacePageCount, by: count) {
            let end = min(start + count, tiling.addressSpacePageCount)
            read(UInt32(start)..<UInt32(end), at: now, into: batch)
            batch.forEachPage { digest.add(pfn: $0, type: $1, page: $2) }
            trace.stream.forget()
        }
        return digest.text
    }
}
