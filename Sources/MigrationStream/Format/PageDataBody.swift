internal import PageCodec

/// The body of a `PAGE_DATA` record as libxc writes it.
struct PageDataBody {
    let entries: UnsafeBufferPointer<UInt64>
    let pages: UnsafeRawPointer
    /// How many pages there are: as many as entries with content.
    let pageCount: Int

    /// Looks at a body, aligned to 8 bytes; `nil` if it cannot be coded and rebuilt exactly.
    init?(_ header: StockRecordHeader, _ bytes: UnsafeRawBufferPointer) {
        guard
            header.bodyByteCount >= StockStream.pageDataHeaderByteCount,
            let body = bytes.baseAddress
        else { return nil }
        let count = Int(UInt32(littleEndian: body.load(as: UInt32.self)))
        let reserved = body.load(fromByteOffset: 4, as: UInt32.self)
        let entriesByteCount = 8 * count
        guard
            1...PageFormat.entriesPerBatchMaximum ~= count, reserved == 0,
            header.bodyByteCount >= StockStream.pageDataHeaderByteCount + entriesByteCount
        else { return nil }
        entries = UnsafeBufferPointer(
            start: (body + StockStream.pageDataHeaderByteCount)
                .assumingMemoryBound(to: UInt64.self),
            count: count
        )
        pages = body + StockStream.pageDataHeaderByteCount + entriesByteCount
        var pageCount = 0
        for bits in entries {
            let entry = PageEntry(bits: UInt64(littleEndian: bits))
            guard entry.isCanonical else { return nil }
            if entry.hasContent { pageCount += 1 }
        }
        let expectedByteCount =
            StockStream.pageDataHeaderByteCount + entriesByteCount
            + pageCount * PageFormat.pageByteCount
        guard header.bodyByteCount == expectedByteCount else { return nil }
        self.pageCount = pageCount
    }
}
