/// What a `PAGE_DATA` record held, rebuilt.
public struct RebuiltBatch {
    /// The entries, in the byte order of the stream.
    public let entries: UnsafeBufferPointer<UInt64>

    /// How many of them have content.
    public let pageCount: Int

    /// The content of those that have content, in their order: in the decoder's cache for the
    /// most part, so that it is not copied once more.
    public let pages: [UnsafeRawBufferPointer]
}

/// Memory for one rebuilt batch: what it holds is valid until the next batch is rebuilt into it, or
/// until as many batches were rebuilt as the decoder was told that are in use.
///
/// 4 MiB of addresses; the system gives memory for as many pages as cannot stay in the cache.
public final class RebuiltMemory {
    let entries: UnsafeMutablePointer<UInt64>
    let pages: UnsafeMutableRawPointer

    /// Allocates memory for one batch.
    public init() {
        entries = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
        pages = .allocate(
            byteCount: PageFormat.entriesPerBatchMaximum * PageFormat.pageByteCount,
            alignment: 64
        )
    }

    deinit {
        entries.deallocate()
        pages.deallocate()
    }
}
