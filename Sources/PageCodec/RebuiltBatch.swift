/// What a `PAGE_DATA` record held, rebuilt.
public struct RebuiltBatch {
    /// The entries, in the byte order of the stream.
    public let entries: UnsafeBufferPointer<UInt64>

    /// How many of them have content.
    public let pageCount: Int

    /// The content of those that have content, in their order: in the decoder's cache for the
    /// most part, so that it is not copied once more.
    public let pages: [UnsafeRawBufferPointer]

    /// The coded batch but for its literals: all but the pages that the checksum covers.
    let controlSections: [UnsafeRawBufferPointer]

    /// Room for the fingerprint of each page, and whether they have been taken.
    let fingerprints: UnsafeMutablePointer<UInt64>
    let hasFingerprints: Bool

    /// What the cache of the decoder needs soon.
    let upcomingMemory: UpcomingMemory?

    /// Compares the checksum of what was rebuilt with that of what was sent, and takes memory that
    /// the decoder needs soon.
    ///
    /// Can be done beside the next batch, while the decoder lives. Cost: one pass of XXH3 over all
    /// pages, unless their fingerprints have been taken.
    ///
    /// - Throws: `PageCodecError.contentChecksumMismatch`.
    public func check(_ expectedChecksum: UInt64) throws(PageCodecError) {
        upcomingMemory?.take()
        if !hasFingerprints { takeFingerprints() }
        var found = BatchChecksum()
        found.add(UnsafeRawBufferPointer(start: fingerprints, count: pageCount * 8))
        for section in controlSections { found.add(section) }
        guard found.value == expectedChecksum else {
            throw .contentChecksumMismatch(expected: expectedChecksum, found: found.value)
        }
    }

    private func takeFingerprints() {
        var index = 0
        for piece in pages {
            for offset in stride(from: 0, to: piece.count, by: PageFormat.pageByteCount) {
                guard let page = piece.baseAddress.map({ $0 + offset }) else { continue }
                fingerprints[index] =
                    page == ZeroPage.bytes
                    ? PageFingerprint.zeroPage : PageFingerprint(of: page).page
                index += 1
            }
        }
    }
}

/// Memory for one rebuilt batch: what it holds is valid until the next batch is rebuilt into it, or
/// until as many batches were rebuilt as the decoder was told that are in use.
///
/// 4 MiB of addresses; the system gives memory for as many pages as cannot stay in the cache.
public final class RebuiltMemory {
    let entries: UnsafeMutablePointer<UInt64>
    let pages: UnsafeMutableRawPointer
    let fingerprints: UnsafeMutablePointer<UInt64>

    /// Allocates memory for one batch.
    public init() {
        entries = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
        pages = .allocate(
            byteCount: PageFormat.entriesPerBatchMaximum * PageFormat.pageByteCount,
            alignment: 64
        )
        fingerprints = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
    }

    deinit {
        entries.deallocate()
        pages.deallocate()
        fingerprints.deallocate()
    }
}
