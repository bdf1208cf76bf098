internal import CSSE2

/// Matches batches of pages with what was sent before: the part of coding that has an order.
///
/// It owns the sender's half of the cache. A page is, in this order, zero, unchanged since it was last
/// sent, equal to a page in the cache, or new: then it is noted which version and which blocks it
/// may be written down with, and it enters the cache. How, `BatchWriter` decides, beside the matching
/// of other batches. All memory is allocated in `init`: about 4,352 bytes per cache slot, as the
/// cache fills. Cost per page: one test for zero and one pass of XXH3, unless that was done before,
/// the beginning of a comparison with the last version, five lookups, and one copy into the cache.
public struct PageMatcher: ~Copyable {
    private var cache: PageCache
    private var versions: PageVersions
    private let pageIndex: ContentIndex
    private let blockIndex: ContentIndex
    private let ownSurvey = PageSurvey()

    private let classes: PageClasses
    private let storeCountInUse: Int
    private let givesPagesOfCache: Bool

    /// Allocates a matcher whose cache has `slotCount` slots.
    ///
    /// - Parameters:
    ///   - slotCount: The size of the cache.
    ///   - classes: What pages may be coded as.
    ///   - cacheMemory: Where its pages are.
    ///   - batchesInUse: How many batches are in use at once: what one matched is valid until so many
    ///     more were matched.
    /// - Throws: `PageCodecError` if the system does not give the memory.
    public init(
        slotCount: Int,
        classes: PageClasses = .all,
        cacheMemory: CacheMemory = .own,
        batchesInUse: Int = 1
    ) throws(PageCodecError) {
        precondition(batchesInUse > 0)
        self.classes = classes
        // Pages that stay where they were given are never overwritten.
        storeCountInUse =
            cacheMemory == .source ? 0 : batchesInUse * PageFormat.entriesPerBatchMaximum
        givesPagesOfCache = slotCount >= storeCountInUse
        cache = try PageCache(slotCount: slotCount, memory: cacheMemory)
        versions = PageVersions(slotCount: slotCount)
        pageIndex = ContentIndex(positionCount: slotCount)
        blockIndex = ContentIndex(positionCount: slotCount * PageFormat.blocksPerPage)
    }

    /// Matches the content of one `PAGE_DATA` record.
    ///
    /// - Parameters:
    ///   - entries: From one to `PageFormat.entriesPerBatchMaximum` entries, all canonical, in the
    ///     byte order of the stream.
    ///   - pages: The content of those entries that have content, in their order.
    ///   - pagesStay: Whether the pages stay where they are as long as the result is in use.
    ///   - survey: What was found out about these pages before, if anything was.
    ///   - matches: What was found, with pointers to these pages and into the cache.
    public mutating func match(
        entries: UnsafeBufferPointer<UInt64>,
        pages: UnsafeRawPointer,
        pagesStay: Bool,
        survey: PageSurvey? = nil,
        into matches: BatchMatches
    ) {
        matches.begin(entries)
        let findings = (survey ?? ownSurvey).findings
        var pageCount = 0
        var aheadCount = 0
        for index in 0..<entries.count {
            let entry = PageEntry(bits: UInt64(littleEndian: entries[index]))
            guard entry.hasContent else {
                versions.forget(entry.pfn)
                continue
            }
            if pageCount == aheadCount {
                aheadCount += lookAhead(
                    UnsafeBufferPointer(rebasing: entries[index...]),
                    pages: pages + pageCount * PageFormat.pageByteCount,
                    findings + pageCount,
                    areFound: survey != nil
                )
            }
            let finding = findings + pageCount
            matches.fingerprints[pageCount] = finding.pointee.prints.page
            matches.pages[pageCount] = match(
                pages + pageCount * PageFormat.pageByteCount,
                entry,
                finding,
                pageStays: pagesStay,
                keeping: matches
            )
            pageCount += 1
        }
        matches.pageCount = pageCount
    }

    /// How many pages are looked at before the first of them is matched: their waits for memory
    /// overlap, and they are still in the processor's first cache when they are matched.
    private static let pagesAheadCount = 4

    /// Finds out about the next few pages, unless that was done, and calls what they will be compared
    /// with into the processor's cache.
    ///
    /// - Returns: How many pages those are.
    private func lookAhead(
        _ entries: UnsafeBufferPointer<UInt64>,
        pages: UnsafeRawPointer,
        _ findings: UnsafeMutablePointer<PageSurvey.Finding>,
        areFound: Bool
    ) -> Int {
        var count = 0
        for bits in entries {
            let entry = PageEntry(bits: UInt64(littleEndian: bits))
            guard entry.hasContent else { continue }
            if !areFound {
                findings[count] = PageSurvey.Finding(
                    of: pages + count * PageFormat.pageByteCount
                )
            }
            if let base = base(of: entry)?.page {
                for line in 0..<4 { prefetch(base + 64 * line) }
            }
            let prints = findings[count].prints
            pageIndex.prefetchCandidate(for: prints.page)
            for block in 0..<PageFormat.blocksPerPage {
                blockIndex.prefetchCandidate(for: prints[block: block])
            }
            count += 1
            if count == Self.pagesAheadCount { break }
        }
        return count
    }

    /// The content that was last sent for a pfn, its slot, and the page type that was sent with it.
    private func base(of entry: PageEntry) -> (page: UnsafeRawPointer, slot: Int, type: UInt8)? {
        guard classes.contains(.deltas), let version = versions.version(of: entry.pfn),
            cache.isLive(store: version.store)
        else { return nil }
        let slot = cache.slot(ofStore: version.store)
        return (cache.page(at: slot), slot, version.type)
    }

    @inline(__always)
    private mutating func match(
        _ page: UnsafeRawPointer,
        _ entry: PageEntry,
        _ finding: UnsafePointer<PageSurvey.Finding>,
        pageStays: Bool,
        keeping matches: BatchMatches
    ) -> PageMatch {
        let prints = finding.pointee.prints
        if classes.contains(.references), finding.pointee.isZero {
            versions.forget(entry.pfn)
            return .zero
        }
        let last = base(of: entry)
        if let last, last.type == entry.type, isEqual(page, last.page, PageFormat.pageByteCount) {
            return .unchanged
        }
        if classes.contains(.references), let slot = cachedPage(equalTo: page, prints.page) {
            versions.remember(
                PageVersions.Version(store: cache.store(ofSlot: slot), type: entry.type),
                for: entry.pfn
            )
            return .reference(slot: slot)
        }
        var content = NewPage(page: page)
        if !pageStays {
            content.page = givesPagesOfCache ? cache.futurePlace(of: page) : matches.keep(page)
        }
        if let last {
            content.base = isKept(slot: last.slot) ? last.page : matches.keep(last.page)
        } else if classes == .all {
            // Without its last version, a page is compared with zeros.
            content.base = ZeroPage.bytes
        }
        if classes.contains(.references) {
            for block in 0..<PageFormat.blocksPerPage {
                content.blocks[block] = cachedBlock(
                    page + block * PageFormat.blockByteCount,
                    prints[block: block]
                )
            }
        }
        store(page, entry, prints)
        return .new(content)
    }

    private mutating func store(
        _ page: UnsafeRawPointer,
        _ entry: PageEntry,
        _ prints: PageFingerprint
    ) {
        let slot = cache.nextSlot
        pageIndex.insert(prints.page, at: slot)
        for block in 0..<PageFormat.blocksPerPage {
            blockIndex.insert(prints[block: block], at: slot * PageFormat.blocksPerPage + block)
        }
        versions.remember(
            PageVersions.Version(store: cache.storedCount, type: entry.type),
            for: entry.pfn
        )
        cache.store(page)
    }

    private func cachedPage(equalTo page: UnsafeRawPointer, _ fingerprint: UInt64) -> Int? {
        guard let slot = pageIndex.candidate(for: fingerprint) else { return nil }
        // An equal fingerprint is a proposal; only equal content is proof (paper IV-B1).
        return isEqual(page, cache.page(at: slot), PageFormat.pageByteCount) ? slot : nil
    }

    /// Where a block may be in the cache; the comparison is left for later if it can be.
    private func cachedBlock(_ block: UnsafeRawPointer, _ fingerprint: UInt64) -> BlockMatch {
        guard let position = blockIndex.candidate(for: fingerprint) else { return .none }
        let slot = position / PageFormat.blocksPerPage
        let offset = position % PageFormat.blocksPerPage * PageFormat.blockByteCount
        let content = cache.page(at: slot) + offset
        if isKept(slot: slot) { return BlockMatch(position: position, unproven: content) }
        return isEqual(block, content, PageFormat.blockByteCount)
            ? BlockMatch(position: position, unproven: nil) : .none
    }

    /// Whether what a slot holds stays as long as what is matched now is in use.
    private func isKept(slot: Int) -> Bool {
        storeCountInUse == 0 || cache.keeps(slot: slot, afterStores: storeCountInUse)
    }
}
