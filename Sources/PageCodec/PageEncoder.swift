internal import CSSE2

/// Codes batches of pages: for each page the first of zero, unchanged, reference, and then the
/// cheapest of delta (or, if a compressor follows, words), blocks and raw.
///
/// It owns the sender's half of the cache. All memory is allocated in `init`: about 4,352 bytes per
/// cache slot, as the cache fills. Cost per page: one test for zero, one
/// comparison with the last version, one pass of XXH3, and one copy into the cache.
public struct PageEncoder: ~Copyable {
    /// What becomes of a coded batch, which decides how changes are best written down.
    public enum Residue: Sendable {
        /// It is sent as it is: the fewest bytes are best.
        case sent
        /// It is compressed: what a compressor can deal with is best.
        case compressed
    }

    /// What was coded since the start.
    public private(set) var statistics = PageStatistics()

    private var cache: PageCache
    private var versions: PageVersions
    private var pageRuns = ChangedRuns()
    private var blockRuns = ChangedRuns()
    private var residue = Residue.sent
    private let pageIndex: ContentIndex
    private let blockIndex: ContentIndex

    private let fingerprints: UnsafeMutablePointer<UInt64>
    private let ownSurvey = PageSurvey()

    private let classes: PageClasses
    private let batchesInUse: Int

    // Where the batch in hand has got to, in the memory that the caller gave for it.
    private var control: UnsafeMutablePointer<UInt8>
    private var literals: UnsafeMutablePointer<UInt8>
    private var literalPieces = BytePieces(
        capacity: 2 * PageFormat.entriesPerBatchMaximum + 1
    )
    // The literals from here to the cursor are in no piece yet.
    private var pieceStart: UnsafeMutablePointer<UInt8>
    private var rawPagesAreLeftInCache = false
    private var expectedSlot: Int64 = 0
    private var expectedBlock: Int64 = 0

    /// Allocates an encoder whose cache has `slotCount` slots.
    ///
    /// - Parameters:
    ///   - slotCount: The size of the cache.
    ///   - classes: What pages may be coded as.
    ///   - cacheMemory: Where its pages are.
    ///   - batchesInUse: How many coded batches are in use at once: one is valid until so many more
    ///     have been coded.
    /// - Throws: `PageCodecError` if the system does not give the memory.
    public init(
        slotCount: Int,
        classes: PageClasses = .all,
        cacheMemory: CacheMemory = .own,
        batchesInUse: Int = 1
    ) throws(PageCodecError) {
        precondition(batchesInUse > 0)
        self.classes = classes
        self.batchesInUse = batchesInUse
        cache = try PageCache(slotCount: slotCount, memory: cacheMemory)
        versions = PageVersions(slotCount: slotCount)
        pageIndex = ContentIndex(positionCount: slotCount)
        blockIndex = ContentIndex(positionCount: slotCount * PageFormat.blocksPerPage)
        fingerprints = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
        // Overwritten for each batch.
        control = UnsafeMutableRawPointer(fingerprints).assumingMemoryBound(to: UInt8.self)
        literals = control
        pieceStart = control
    }

    deinit { fingerprints.deallocate() }

    /// Codes the content of one `PAGE_DATA` record.
    ///
    /// - Parameters:
    ///   - entries: From one to `PageFormat.entriesPerBatchMaximum` entries, all canonical, in the
    ///     byte order of the stream.
    ///   - pages: The content of those entries that have content, in their order.
    ///   - residue: What becomes of the coded batch.
    ///   - survey: What was found out about these pages before, if anything was.
    ///   - memory: Where the coded batch goes.
    /// - Returns: The coded batch, in that memory and in the cache.
    public mutating func encode(
        entries: UnsafeBufferPointer<UInt64>,
        pages: UnsafeRawPointer,
        residue: Residue,
        survey: PageSurvey? = nil,
        into memory: BatchMemory
    ) -> CodedBatch {
        self.residue = residue
        precondition(1...PageFormat.entriesPerBatchMaximum ~= entries.count)
        control = memory.control
        literals = memory.literals
        literalPieces.removeAll()
        pieceStart = literals
        // A compressor takes the literals from one place.
        rawPagesAreLeftInCache =
            residue == .sent
            && cache.slotCount >= batchesInUse * PageFormat.entriesPerBatchMaximum
        expectedSlot = 0
        expectedBlock = 0
        var classes = ClassRunWriter(memory.classes)
        let findings = (survey ?? ownSurvey).findings
        var pageCount = 0
        var aheadCount = 0
        for index in 0..<entries.count {
            let entry = PageEntry(bits: UInt64(littleEndian: entries[index]))
            guard entry.hasContent else {
                versions.forget(entry.pfn)
                statistics.emptyEntryCount += 1
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
            let page = pages + pageCount * PageFormat.pageByteCount
            let finding = findings + pageCount
            let pageClass = encode(page, entry, finding)
            fingerprints[pageCount] = finding.pointee.prints.page
            classes.append(pageClass)
            statistics.count(pageClass)
            pageCount += 1
        }
        classes.finish()
        var entryCursor = memory.entries
        encodeEntryRuns(entries, into: &entryCursor)
        return finishBatch(
            entryCount: entries.count,
            pageCount: pageCount,
            entriesByteCount: entryCursor - memory.entries,
            classesByteCount: classes.cursor - memory.classes,
            memory
        )
    }

    private mutating func finishBatch(
        entryCount: Int,
        pageCount: Int,
        entriesByteCount: Int,
        classesByteCount: Int,
        _ memory: BatchMemory
    ) -> CodedBatch {
        endPiece()
        let literalPieces = literalPieces.list
        let batchHeader = BatchHeader(
            entryCount: entryCount,
            entriesByteCount: entriesByteCount,
            classesByteCount: classesByteCount,
            controlByteCount: control - memory.control,
            literalsByteCount: literalPieces.reduce(0) { $0 + $1.count }
        )
        batchHeader.write(to: memory.header)
        var batch = CodedBatch(
            sections: (
                UnsafeRawBufferPointer(
                    start: memory.header,
                    count: PageFormat.batchHeaderByteCount
                ),
                UnsafeRawBufferPointer(start: memory.entries, count: entriesByteCount),
                UnsafeRawBufferPointer(start: memory.classes, count: classesByteCount),
                UnsafeRawBufferPointer(start: memory.control, count: control - memory.control)
            ),
            literals: literalPieces,
            checksum: 0
        )
        var checksum = BatchChecksum()
        checksum.add(UnsafeRawBufferPointer(start: fingerprints, count: pageCount * 8))
        checksum.add(batch.sections.header)
        checksum.add(batch.sections.entries)
        checksum.add(batch.sections.classes)
        checksum.add(batch.sections.control)
        batch.checksum = checksum.value
        return batch
    }

    /// How many pages are looked at before the first of them is coded: their waits for memory
    /// overlap, and they are still in the processor's first cache when they are coded.
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
            pageIndex.prefetchCandidates(for: prints.page)
            for block in 0..<PageFormat.blocksPerPage {
                blockIndex.prefetchCandidates(for: prints[block: block])
            }
            count += 1
            if count == Self.pagesAheadCount { break }
        }
        return count
    }

    /// The content that was last sent for a pfn, and the page type that was sent with it.
    private func base(of entry: PageEntry) -> (page: UnsafeRawPointer, type: UInt8)? {
        guard classes.contains(.deltas), let version = versions.version(of: entry.pfn),
            cache.isLive(store: version.store)
        else { return nil }
        return (cache.page(ofStore: version.store), version.type)
    }

    private mutating func encode(
        _ page: UnsafeRawPointer,
        _ entry: PageEntry,
        _ finding: UnsafePointer<PageSurvey.Finding>
    ) -> PageClass {
        if classes.contains(.references), finding.pointee.isZero {
            versions.forget(entry.pfn)
            return .zero
        }
        let last = base(of: entry)
        if let last, last.type == entry.type, isEqual(page, last.page, PageFormat.pageByteCount) {
            return .unchanged
        }
        let prints = finding.pointee.prints
        if classes.contains(.references), let slot = cachedPage(equalTo: page, prints) {
            control.write(number: UInt64(zigzag: Int64(slot) - expectedSlot))
            expectedSlot = Int64(slot) + 1
            versions.remember(
                PageVersions.Version(store: cache.store(ofSlot: slot), type: entry.type),
                for: entry.pfn
            )
            return .reference
        }
        // Without its last version, a page is compared with zeros: unless that is left out as well.
        let base = last?.page ?? (classes == .all ? ZeroPage.bytes : nil)
        let pageClass = encodeContent(page, base: base, prints)
        store(page, entry, prints)
        return pageClass
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
}

// How the content of a page that is not in the cache is coded.
extension PageEncoder {
    /// A page coded with so few bytes is taken without a look at the blocks.
    private static let smallByteCount = 256

    /// Pages with more changed words than this are not worth the time for a delta.
    private static let deltaWordCountMaximum = 480

    /// Pages with more changed words than this are left to the compressor as they are.
    private static let wordCountMaximum = 448

    private mutating func encodeContent(
        _ page: UnsafeRawPointer,
        base: UnsafeRawPointer?,
        _ prints: PageFingerprint
    ) -> PageClass {
        let pageByteCount = PageFormat.pageByteCount
        guard let base else {
            if encodeBlocks(page, base: nil, prints, below: pageByteCount) { return .blocks }
            appendRaw(page)
            return .raw
        }
        switch residue {
        case .sent:
            var byteCount = pageByteCount
            let changedWordCount = pageRuns.compare(
                from: base,
                to: page,
                byteCount: pageByteCount
            )
            if changedWordCount <= Self.deltaWordCountMaximum {
                pageRuns.find()
                byteCount = min(pageRuns.deltaByteCountMinimum, pageByteCount)
            }
            if byteCount > Self.smallByteCount,
                encodeBlocks(page, base: base, prints, below: byteCount)
            {
                return .blocks
            }
            if byteCount < pageByteCount,
                writeDelta(
                    pageRuns,
                    to: page,
                    byteCount: pageByteCount,
                    limit: pageByteCount - 1,
                    control: &control,
                    literals: &literals
                )
            {
                return .delta
            }
        case .compressed:
            let changed = ChangedWords(from: base, to: page, byteCount: pageByteCount)
            let isWorthWords = changed.count <= Self.wordCountMaximum
            let byteCount = isWorthWords ? changed.byteCountEstimate : pageByteCount
            if byteCount > Self.smallByteCount,
                encodeBlocks(page, base: base, prints, below: byteCount)
            {
                return .blocks
            }
            if isWorthWords {
                append(changed, of: page, byteCount: pageByteCount)
                return .words
            }
        }
        appendRaw(page)
        return .raw
    }

    /// Codes a page as blocks if at least one is cached and the whole takes fewer than `limit`
    /// bytes.
    private mutating func encodeBlocks(
        _ page: UnsafeRawPointer,
        base: UnsafeRawPointer?,
        _ prints: PageFingerprint,
        below limit: Int
    ) -> Bool {
        guard classes.contains(.references) else { return false }
        let blockByteCount = PageFormat.blockByteCount
        var positions = SIMD4<Int>(repeating: -1)
        for block in 0..<PageFormat.blocksPerPage {
            let content = page + block * blockByteCount
            if let position = cachedBlock(equalTo: content, prints[block: block]) {
                positions[block] = position
            }
        }
        guard positions.max() >= 0 else { return false }

        let start = (control: control, literals: literals, expectedBlock: expectedBlock)
        let codes = control
        codes.pointee = 0
        control += 1
        for block in 0..<PageFormat.blocksPerPage {
            let offset = block * blockByteCount
            let blockClass = encodeBlock(
                page + offset,
                base: base.map { $0 + offset },
                cachedAt: positions[block]
            )
            codes.pointee |= blockClass.rawValue << UInt8(2 * block)
        }
        if (control - start.control) + (literals - start.literals) < limit { return true }
        (control, literals, expectedBlock) = start
        return false
    }

    private mutating func encodeBlock(
        _ block: UnsafeRawPointer,
        base: UnsafeRawPointer?,
        cachedAt position: Int
    ) -> BlockClass {
        let byteCount = PageFormat.blockByteCount
        switch (residue, base) {
        case (_, nil):
            break
        case (.sent, let base?):
            _ = blockRuns.compare(from: base, to: block, byteCount: byteCount)
            blockRuns.find()
            if writeDelta(
                blockRuns,
                to: block,
                byteCount: byteCount,
                // A reference takes one to five bytes; only a smaller delta is better.
                limit: position >= 0 ? 4 : byteCount - 1,
                control: &control,
                literals: &literals
            ) {
                return .delta
            }
        case (.compressed, let base?):
            let changed = ChangedWords(from: base, to: block, byteCount: byteCount)
            if position < 0 || changed.count == 0, changed.byteCountEstimate < byteCount {
                append(changed, of: block, byteCount: byteCount)
                return .words
            }
        }
        guard position >= 0 else {
            append(block, byteCount)
            return .literal
        }
        control.write(number: UInt64(zigzag: Int64(position) - expectedBlock))
        expectedBlock = Int64(position) + 1
        return .reference
    }

    private mutating func append(
        _ changed: ChangedWords,
        of target: UnsafeRawPointer,
        byteCount: Int
    ) {
        let maskByteCount = ChangedWords.maskByteCount(ofByteCount: byteCount)
        withUnsafeBytes(of: changed.bits) {
            UnsafeMutableRawPointer(control).copyMemory(
                from: $0.baseAddress.unsafelyUnwrapped,
                byteCount: maskByteCount
            )
        }
        control += maskByteCount
        writeChangedWords(changed, of: target, byteCount: byteCount, to: &literals)
    }

    /// Adds a page to the literals: the page itself, or where it is about to be in the cache.
    private mutating func appendRaw(_ page: UnsafeRawPointer) {
        guard rawPagesAreLeftInCache else { return append(page, PageFormat.pageByteCount) }
        endPiece()
        literalPieces.append(cache.futurePlace(of: page), PageFormat.pageByteCount)
    }

    private mutating func endPiece() {
        literalPieces.append(pieceStart, literals - pieceStart)
        pieceStart = literals
    }

    private mutating func append(_ bytes: UnsafeRawPointer, _ byteCount: Int) {
        UnsafeMutableRawPointer(literals).copyMemory(from: bytes, byteCount: byteCount)
        literals += byteCount
    }

    private func cachedPage(equalTo page: UnsafeRawPointer, _ prints: PageFingerprint) -> Int? {
        for index in 0..<ContentIndex.bucketCapacity {
            guard let slot = pageIndex.candidate(index, for: prints.page) else { continue }
            // An equal fingerprint is a proposal; only equal content is proof (paper IV-B1).
            if isEqual(page, cache.page(at: slot), PageFormat.pageByteCount) { return slot }
        }
        return nil
    }

    private func cachedBlock(equalTo block: UnsafeRawPointer, _ fingerprint: UInt64) -> Int? {
        for index in 0..<ContentIndex.bucketCapacity {
            guard let position = blockIndex.candidate(index, for: fingerprint) else { continue }
            let page = cache.page(at: position / PageFormat.blocksPerPage)
            let offset = position % PageFormat.blocksPerPage * PageFormat.blockByteCount
            if isEqual(block, page + offset, PageFormat.blockByteCount) { return position }
        }
        return nil
    }
}
