internal import PageCodec

/// Two versions of each of many pages, as a guest rewrote them.
struct RewrittenPages {
    /// How much changes from one version to the next, in words of eight bytes.
    enum Change: String, CaseIterable {
        case little = "few changes"
        case much = "many changes"

        /// At most 64 of the 512 words of a page are few.
        init(changedWordCount: Int) {
            self = changedWordCount <= 64 ? .little : .much
        }
    }

    private(set) var old = PageArena()
    private(set) var new = PageArena()

    /// Collects pages that were sent twice with different content, neither of it zero.
    init(_ change: Change, in files: [RecordedStream.File]) throws {
        for file in files {
            var lastVersions: [UInt64: UnsafeRawPointer] = [:]
            for batch in try RecordedStream(file).batches {
                var page = batch.pages
                for entry in batch.entries.lazy.map(PageEntry.init(bits:)) where entry.hasContent {
                    if let last = lastVersions.updateValue(page, forKey: entry.pfn) {
                        append(last, page, ifChange: change)
                    }
                    page += PageFormat.pageByteCount
                }
            }
        }
        guard !old.chunks.isEmpty else { throw RecordedStreamError.tooFewRewrittenPages }
    }

    private mutating func append(
        _ last: UnsafeRawPointer,
        _ page: UnsafeRawPointer,
        ifChange change: Change
    ) {
        guard !old.isFull, !isZeroPage(last), !isZeroPage(page) else { return }
        let words = ChangedWords(from: last, to: page, byteCount: PageFormat.pageByteCount)
        guard words.count > 0, Change(changedWordCount: words.count) == change else { return }
        old.append(last)
        new.append(page)
    }
}
