internal import PageCodec

/// Memory that is written again and again, and so is in the caches of the processor.
enum Scratch {
    /// Room for a batch of pages, and for whatever it is compressed to.
    static let byteCount = 2 * PageFormat.entriesPerBatchMaximum * PageFormat.pageByteCount

    nonisolated(unsafe) static let chunk = UnsafeMutableRawPointer.allocate(
        byteCount: byteCount,
        alignment: PageFormat.pageByteCount
    )
}
