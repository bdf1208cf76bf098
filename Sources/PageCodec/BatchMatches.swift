/// What a batch of pages has in common with what was sent before, and the pages that are new: what a
/// `PageMatcher` finds and a `BatchWriter` writes down.
///
/// It owns memory for one batch, 0.1 MiB, and copies of the few pages that may be overwritten before
/// they are used.
public final class BatchMatches {
    let pages: UnsafeMutablePointer<PageMatch>
    let fingerprints: UnsafeMutablePointer<UInt64>
    /// How many entries have content.
    var pageCount = 0

    private let entryMemory: UnsafeMutablePointer<UInt64>
    private(set) var entryCount = 0

    private let keptPages: UnsafeMutableRawPointer
    private var keptPageCount = 0

    /// Allocates memory for the matches of one batch.
    public init() {
        let count = PageFormat.entriesPerBatchMaximum
        pages = .allocate(capacity: count)
        fingerprints = .allocate(capacity: count)
        entryMemory = .allocate(capacity: count)
        // A page and its last version; the system gives memory only for those that are kept.
        keptPages = .allocate(
            byteCount: 2 * count * PageFormat.pageByteCount,
            alignment: PageFormat.pageByteCount
        )
    }

    deinit {
        pages.deallocate()
        fingerprints.deallocate()
        entryMemory.deallocate()
        keptPages.deallocate()
    }

    /// The entries of the batch.
    var entries: UnsafeBufferPointer<UInt64> {
        UnsafeBufferPointer(start: entryMemory, count: entryCount)
    }

    func begin(_ entries: UnsafeBufferPointer<UInt64>) {
        precondition(1...PageFormat.entriesPerBatchMaximum ~= entries.count)
        keptPageCount = 0
        entryCount = entries.count
        entryMemory.update(from: entries.baseAddress.unsafelyUnwrapped, count: entries.count)
    }

    /// Copies a page.
    func keep(_ page: UnsafeRawPointer) -> UnsafeRawPointer {
        let copy = keptPages + keptPageCount * PageFormat.pageByteCount
        copy.copyMemory(from: page, byteCount: PageFormat.pageByteCount)
        keptPageCount += 1
        return UnsafeRawPointer(copy)
    }
}

/// What a page has in common with what was sent before.
enum PageMatch {
    /// All bytes are zero.
    case zero
    /// It is as it was last sent.
    case unchanged
    /// It is equal to a page in the cache.
    case reference(slot: Int)
    /// Nothing is equal to it.
    case new(NewPage)
}

/// A page that is in no slot of the cache, and what it may be written down with.
struct NewPage {
    /// Its content.
    var page: UnsafeRawPointer
    /// The version that it may be written as a change of.
    var base: UnsafeRawPointer?
    /// Where its blocks may be in the cache.
    var blocks = InlineArray<4, BlockMatch>(repeating: .none)
}

/// Where a block may be in the cache.
struct BlockMatch {
    /// The slot of its page and its place there, as in references; negative if it is not there.
    var position: Int
    /// What is there, if that has not been compared yet.
    var unproven: UnsafeRawPointer?

    static var none: BlockMatch { BlockMatch(position: -1, unproven: nil) }
}
