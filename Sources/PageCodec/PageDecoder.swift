/// Rebuilds batches of pages: the mirror of `PageEncoder`, with the receiver's half of the cache.
///
/// All memory is allocated in `init`: about 4,160 bytes per cache slot, as the cache fills. Any
/// input is safe: it is either rebuilt, with the right checksum, or an error is thrown. After an
/// error the decoder must not be used again, because its cache may be out of step.
public struct PageDecoder: ~Copyable {
    /// What was rebuilt since the start.
    public private(set) var statistics = PageStatistics()

    private var cache: PageCache
    private var versions: PageVersions
    private let blocksPage: UnsafeMutableRawPointer
    private var pieces = BytePieces(capacity: PageFormat.entriesPerBatchMaximum)
    private let batchesInUse: Int

    // The batch in hand: whether it stays, and where it has got to.
    private var staysInPlace = false
    private var expectedSlot: Int64 = 0
    private var expectedBlock: Int64 = 0

    /// Allocates a decoder whose cache has `slotCount` slots, as the sender announced.
    ///
    /// - Parameters:
    ///   - slotCount: The size of the cache.
    ///   - cacheMemory: Where its pages are.
    ///   - batchesInUse: How many rebuilt batches are in use at once: one is valid until so many
    ///     more have been rebuilt.
    /// - Throws: `PageCodecError` if the system does not give the memory.
    public init(
        slotCount: Int,
        cacheMemory: CacheMemory = .own,
        batchesInUse: Int = 1
    ) throws(PageCodecError) {
        precondition(batchesInUse > 0)
        self.batchesInUse = batchesInUse
        cache = try PageCache(slotCount: slotCount, memory: cacheMemory)
        versions = PageVersions(slotCount: slotCount)
        blocksPage = .allocate(byteCount: PageFormat.pageByteCount, alignment: 64)
    }

    deinit { blocksPage.deallocate() }

    /// Rebuilds the content of one `PAGE_DATA` record and checks it.
    ///
    /// - Parameters:
    ///   - batch: The coded batch as it was received.
    ///   - checksum: The checksum that was received with it.
    ///   - memory: Where the rebuilt batch goes, but for pages that stay in the cache.
    /// - Returns: The rebuilt batch, in that memory and in the cache.
    /// - Throws: `PageCodecError` if the batch is not what a sender with the same cache wrote.
    public mutating func decode(
        _ batch: UnsafeRawBufferPointer,
        checksum: UInt64,
        into memory: RebuiltMemory
    ) throws(PageCodecError) -> RebuiltBatch {
        let rebuilt = try rebuild(batch, takesFingerprints: true, into: memory)
        try rebuilt.check(checksum)
        return rebuilt
    }

    /// Rebuilds the content of one `PAGE_DATA` record, which is not to be used before it is checked.
    ///
    /// - Parameters:
    ///   - batch: The coded batch as it was received.
    ///   - takesFingerprints: Whether to take them here, where the pages are at hand, or to leave
    ///     that to `RebuiltBatch.check`, and so the memory that the cache needs next.
    ///   - staysInPlace: Whether the batch stays valid and the same as long as the decoder lives: then
    ///     a cache of `.source` needs no copies of its raw pages.
    ///   - memory: Where the rebuilt batch goes, but for pages that stay in the cache.
    /// - Returns: The rebuilt batch, in that memory, in `batch` and in the cache.
    /// - Throws: `PageCodecError` if no sender with the same cache wrote the batch.
    public mutating func rebuild(
        _ batch: UnsafeRawBufferPointer,
        takesFingerprints: Bool,
        staysInPlace: Bool = false,
        into memory: RebuiltMemory
    ) throws(PageCodecError) -> RebuiltBatch {
        let header = try BatchHeader(reading: batch)
        let sections = Sections(header, batch)

        let entries = UnsafeMutableBufferPointer(start: memory.entries, count: header.entryCount)
        var entryReader = SectionReader(
            .entries,
            sections.entries,
            byteCount: header.entriesByteCount
        )
        try decodeEntryRuns(&entryReader, into: entries)

        var pageCount = 0
        for bits in entries where PageEntry(bits: UInt64(littleEndian: bits)).hasContent {
            pageCount += 1
        }
        pieces.removeAll()
        self.staysInPlace = staysInPlace
        try decodePages(
            UnsafeBufferPointer(entries),
            pageCount: pageCount,
            header,
            sections,
            takesFingerprints: takesFingerprints,
            memory
        )

        return RebuiltBatch(
            entries: UnsafeBufferPointer(entries),
            pageCount: pageCount,
            pages: pieces.list,
            controlSections: [
                UnsafeRawBufferPointer(rebasing: batch.prefix(PageFormat.batchHeaderByteCount)),
                UnsafeRawBufferPointer(start: sections.entries, count: header.entriesByteCount),
                UnsafeRawBufferPointer(start: sections.classes, count: header.classesByteCount),
                UnsafeRawBufferPointer(start: sections.control, count: header.controlByteCount),
            ],
            fingerprints: memory.fingerprints,
            hasFingerprints: takesFingerprints,
            upcomingMemory: takesFingerprints ? nil : cache.claimUpcomingMemory()
        )
    }

    private mutating func decodePages(
        _ entries: UnsafeBufferPointer<UInt64>,
        pageCount: Int,
        _ header: BatchHeader,
        _ sections: Sections,
        takesFingerprints: Bool,
        _ memory: RebuiltMemory
    ) throws(PageCodecError) {
        var classes = ClassRunReader(
            SectionReader(.classes, sections.classes, byteCount: header.classesByteCount)
        )
        var control = SectionReader(
            .control,
            sections.control,
            byteCount: header.controlByteCount
        )
        var literals = SectionReader(
            .literals,
            sections.literals,
            byteCount: header.literalsByteCount
        )
        expectedSlot = 0
        expectedBlock = 0
        var index = 0
        for bits in entries {
            let entry = PageEntry(bits: UInt64(littleEndian: bits))
            guard entry.hasContent else {
                versions.forget(entry.pfn)
                statistics.emptyEntryCount += 1
                continue
            }
            let pageClass = try classes.next(pageIndex: index, pageCount: pageCount)
            // What is stored from here on until nobody looks at this batch any more.
            let storeCount =
                pageCount - index + (batchesInUse - 1) * PageFormat.entriesPerBatchMaximum
            var (page, slot) = try decode(pageClass, entry, &control, &literals)
            if let slot, !cache.keeps(slot: slot, afterStores: storeCount) {
                let copy = memory.pages + index * PageFormat.pageByteCount
                copy.copyMemory(from: page, byteCount: PageFormat.pageByteCount)
                page = UnsafeRawPointer(copy)
            }
            pieces.append(page, PageFormat.pageByteCount)
            if takesFingerprints {
                memory.fingerprints[index] =
                    slot == nil ? PageFingerprint.zeroPage : PageFingerprint(of: page).page
            }
            statistics.count(pageClass)
            index += 1
        }
        try classes.finish()
        try control.finish()
        try literals.finish()
    }

    /// Rebuilds a page.
    ///
    /// - Returns: Its content, and the slot of the cache that holds it; a page of zeros has none.
    private mutating func decode(
        _ pageClass: PageClass,
        _ entry: PageEntry,
        _ control: inout SectionReader,
        _ literals: inout SectionReader
    ) throws(PageCodecError) -> (page: UnsafeRawPointer, slot: Int?) {
        switch pageClass {
        case .zero:
            versions.forget(entry.pfn)
            return (ZeroPage.bytes, nil)
        case .unchanged:
            guard
                let version = versions.version(of: entry.pfn), version.type == entry.type,
                cache.isLive(store: version.store)
            else {
                throw .noVersion(pfn: entry.pfn, type: entry.type)
            }
            let slot = cache.slot(ofStore: version.store)
            return (cache.page(at: slot), slot)
        case .reference:
            let slot = try readPosition(&control, expectedSlot, entry, positionsPerSlot: 1)
            expectedSlot = Int64(slot) + 1
            versions.remember(
                PageVersions.Version(store: cache.store(ofSlot: slot), type: entry.type),
                for: entry.pfn
            )
            return (cache.page(at: slot), slot)
        case .delta, .words, .blocks, .raw:
            return try decodeNewPage(pageClass, entry, &control, &literals)
        }
    }

    /// Rebuilds a page that is new to the cache.
    private mutating func decodeNewPage(
        _ pageClass: PageClass,
        _ entry: PageEntry,
        _ control: inout SectionReader,
        _ literals: inout SectionReader
    ) throws(PageCodecError) -> (page: UnsafeRawPointer, slot: Int?) {
        let slot = cache.nextSlot
        let store = cache.storedCount
        if pageClass == .raw {
            let page = try literals.readBytes(PageFormat.pageByteCount)
            if staysInPlace {
                cache.store(page)
            } else {
                cache.nextPage.copyMemory(from: page, byteCount: PageFormat.pageByteCount)
                cache.storeNextPage()
            }
        } else {
            try build(pageClass, entry, in: cache.nextPage, &control, &literals)
            cache.storeNextPage()
        }
        versions.remember(PageVersions.Version(store: store, type: entry.type), for: entry.pfn)
        return (cache.page(at: slot), slot)
    }

    /// Builds a page from other pages and what it brings with it.
    private mutating func build(
        _ pageClass: PageClass,
        _ entry: PageEntry,
        in page: UnsafeMutableRawPointer,
        _ control: inout SectionReader,
        _ literals: inout SectionReader
    ) throws(PageCodecError) {
        let pageByteCount = PageFormat.pageByteCount
        switch pageClass {
        case .delta:
            // The base may be the page that goes out of the cache here.
            page.copyMemory(from: base(of: entry), byteCount: pageByteCount)
            try applyDelta(
                to: page,
                byteCount: pageByteCount,
                pfn: entry.pfn,
                control: &control,
                literals: &literals
            )
        case .words:
            page.copyMemory(from: base(of: entry), byteCount: pageByteCount)
            try applyChangedWords(
                to: page,
                byteCount: pageByteCount,
                control: &control,
                literals: &literals
            )
        default:
            // Blocks: each may refer to any block of the page that goes out.
            try decodeBlocks(entry, into: blocksPage, &control, &literals)
            page.copyMemory(from: blocksPage, byteCount: pageByteCount)
        }
    }

    private mutating func decodeBlocks(
        _ entry: PageEntry,
        into page: UnsafeMutableRawPointer,
        _ control: inout SectionReader,
        _ literals: inout SectionReader
    ) throws(PageCodecError) {
        let blockByteCount = PageFormat.blockByteCount
        var codes = try control.readByte()
        for block in 0..<PageFormat.blocksPerPage {
            let offset = block * blockByteCount
            let target = page + offset
            switch BlockClass(rawValue: codes & 3) {
            case .literal:
                target.copyMemory(
                    from: try literals.readBytes(blockByteCount),
                    byteCount: blockByteCount
                )
            case .reference:
                let position = try readPosition(
                    &control,
                    expectedBlock,
                    entry,
                    positionsPerSlot: PageFormat.blocksPerPage
                )
                expectedBlock = Int64(position) + 1
                let source = cache.page(at: position / PageFormat.blocksPerPage)
                target.copyMemory(
                    from: source + position % PageFormat.blocksPerPage * blockByteCount,
                    byteCount: blockByteCount
                )
            case .delta:
                target.copyMemory(from: base(of: entry) + offset, byteCount: blockByteCount)
                try applyDelta(
                    to: target,
                    byteCount: blockByteCount,
                    pfn: entry.pfn,
                    control: &control,
                    literals: &literals
                )
            case .words:
                target.copyMemory(from: base(of: entry) + offset, byteCount: blockByteCount)
                try applyChangedWords(
                    to: target,
                    byteCount: blockByteCount,
                    control: &control,
                    literals: &literals
                )
            case nil:
                preconditionFailure("two bits hold nothing else")
            }
            codes >>= 2
        }
    }

    /// What a delta for this entry starts from: its last version, or zeros.
    private func base(of entry: PageEntry) -> UnsafeRawPointer {
        guard let version = versions.version(of: entry.pfn), cache.isLive(store: version.store)
        else {
            return ZeroPage.bytes
        }
        return cache.page(ofStore: version.store)
    }

    /// Reads a reference to a filled slot, or to a block of one.
    private func readPosition(
        _ control: inout SectionReader,
        _ expected: Int64,
        _ entry: PageEntry,
        positionsPerSlot: Int
    ) throws(PageCodecError) -> Int {
        let distance = Int64(zigzag: try control.readNumber())
        let (position, overflow) = expected.addingReportingOverflow(distance)
        let slot = position / Int64(positionsPerSlot)
        guard !overflow, position >= 0, cache.isFilled(slot) else {
            throw .emptySlot(slot: slot, pfn: entry.pfn)
        }
        return Int(position)
    }

    /// Where the sections of a batch start.
    private struct Sections {
        let entries: UnsafeRawPointer
        let classes: UnsafeRawPointer
        let control: UnsafeRawPointer
        let literals: UnsafeRawPointer

        init(_ header: BatchHeader, _ batch: UnsafeRawBufferPointer) {
            // SAFETY: `BatchHeader(reading:)` has checked that the sections fill the batch.
            entries = batch.baseAddress.unsafelyUnwrapped + PageFormat.batchHeaderByteCount
            classes = entries + header.entriesByteCount
            control = classes + header.classesByteCount
            literals = control + header.controlByteCount
        }
    }
}
