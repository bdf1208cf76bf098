/// Codes batches of pages: for each page the first of zero, unchanged, reference, and then the
/// smallest of delta, blocks and raw.
///
/// It owns the sender's half of the cache. All memory is allocated in `init`: about 4,352 bytes per
/// cache slot, as the cache fills, and 13 MiB for one batch. Cost per page: one test for zero, one
/// comparison with the last version, one pass of XXH3, and one copy into the cache.
public struct PageEncoder: ~Copyable {
    /// What was coded since the start.
    public private(set) var statistics = PageStatistics()

    private var cache: PageCache
    private var versions: PageVersions
    private let pageIndex: ContentIndex
    private let blockIndex: ContentIndex

    private let header: UnsafeMutableRawPointer
    private let entrySection: UnsafeMutablePointer<UInt8>
    private let classSection: UnsafeMutablePointer<UInt8>
    private let controlSection: UnsafeMutablePointer<UInt8>
    private let literalSection: UnsafeMutablePointer<UInt8>
    private let deltaControl: UnsafeMutablePointer<UInt8>
    private let deltaLiterals: UnsafeMutablePointer<UInt8>
    private let fingerprints: UnsafeMutablePointer<UInt64>

    // Where the batch in hand has got to.
    private var control: UnsafeMutablePointer<UInt8>
    private var literals: UnsafeMutablePointer<UInt8>
    private var expectedSlot: Int64 = 0
    private var expectedBlock: Int64 = 0

    /// Allocates an encoder whose cache has `slotCount` slots.
    ///
    /// - Throws: `PageCodecError` if the system does not give the memory.
    public init(slotCount: Int) throws(PageCodecError) {
        cache = try PageCache(slotCount: slotCount)
        versions = PageVersions(slotCount: slotCount)
        pageIndex = ContentIndex(positionCount: slotCount)
        blockIndex = ContentIndex(positionCount: slotCount * PageFormat.blocksPerPage)
        let scratchByteCount = PageFormat.pageByteCount + 64
        header = .allocate(byteCount: PageFormat.batchHeaderByteCount, alignment: 8)
        entrySection = .allocate(capacity: entryRunsByteCountMaximum)
        classSection = .allocate(capacity: classRunsByteCountMaximum)
        controlSection = .allocate(capacity: PageFormat.batchByteCountMaximum)
        literalSection = .allocate(capacity: PageFormat.batchByteCountMaximum)
        deltaControl = .allocate(capacity: scratchByteCount)
        deltaLiterals = .allocate(capacity: scratchByteCount)
        fingerprints = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
        control = controlSection
        literals = literalSection
    }

    deinit {
        header.deallocate()
        entrySection.deallocate()
        classSection.deallocate()
        controlSection.deallocate()
        literalSection.deallocate()
        deltaControl.deallocate()
        deltaLiterals.deallocate()
        fingerprints.deallocate()
    }

    /// Codes the content of one `PAGE_DATA` record.
    ///
    /// - Parameters:
    ///   - entries: From one to `PageFormat.entriesPerBatchMaximum` entries, all canonical, in the
    ///     byte order of the stream.
    ///   - pages: The content of those entries that have content, in their order.
    /// - Returns: The coded batch, in memory that is valid until the next call.
    public mutating func encode(
        entries: UnsafeBufferPointer<UInt64>,
        pages: UnsafeRawPointer
    ) -> CodedBatch {
        precondition(1...PageFormat.entriesPerBatchMaximum ~= entries.count)
        control = controlSection
        literals = literalSection
        expectedSlot = 0
        expectedBlock = 0
        var classes = ClassRunWriter(classSection)
        var pageCount = 0
        for index in 0..<entries.count {
            let entry = PageEntry(bits: UInt64(littleEndian: entries[index]))
            guard entry.hasContent else {
                versions.forget(entry.pfn)
                statistics.emptyEntryCount += 1
                continue
            }
            let page = pages + pageCount * PageFormat.pageByteCount
            let (pageClass, fingerprint) = encode(page, entry)
            fingerprints[pageCount] = fingerprint
            classes.append(pageClass)
            statistics.count(pageClass)
            pageCount += 1
        }
        classes.finish()
        var entryCursor = entrySection
        encodeEntryRuns(entries, into: &entryCursor)
        return finishBatch(
            entryCount: entries.count,
            pageCount: pageCount,
            entriesByteCount: entryCursor - entrySection,
            classesByteCount: classes.cursor - classSection
        )
    }

    private func finishBatch(
        entryCount: Int,
        pageCount: Int,
        entriesByteCount: Int,
        classesByteCount: Int
    ) -> CodedBatch {
        let batchHeader = BatchHeader(
            entryCount: entryCount,
            entriesByteCount: entriesByteCount,
            classesByteCount: classesByteCount,
            controlByteCount: control - controlSection,
            literalsByteCount: literals - literalSection
        )
        batchHeader.write(to: header)
        var batch = CodedBatch(
            sections: (
                UnsafeRawBufferPointer(start: header, count: PageFormat.batchHeaderByteCount),
                UnsafeRawBufferPointer(start: entrySection, count: entriesByteCount),
                UnsafeRawBufferPointer(start: classSection, count: classesByteCount),
                UnsafeRawBufferPointer(start: controlSection, count: control - controlSection),
                UnsafeRawBufferPointer(start: literalSection, count: literals - literalSection)
            ),
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

    private mutating func encode(
        _ page: UnsafeRawPointer,
        _ entry: PageEntry
    ) -> (PageClass, fingerprint: UInt64) {
        if isZeroPage(page) {
            versions.forget(entry.pfn)
            return (.zero, PageFingerprint.zeroPage)
        }
        var base: UnsafeRawPointer?
        if let version = versions.version(of: entry.pfn), cache.isLive(store: version.store) {
            let last = cache.page(ofStore: version.store)
            if version.type == entry.type, isEqual(page, last, PageFormat.pageByteCount) {
                return (.unchanged, PageFingerprint(of: last).page)
            }
            base = last
        }
        let prints = PageFingerprint(of: page)
        if let slot = cachedPage(equalTo: page, prints) {
            control.write(number: UInt64(zigzag: Int64(slot) - expectedSlot))
            expectedSlot = Int64(slot) + 1
            versions.remember(
                PageVersions.Version(store: cache.store(ofSlot: slot), type: entry.type),
                for: entry.pfn
            )
            return (.reference, prints.page)
        }
        let pageClass = encodeContent(page, base: base ?? ZeroPage.bytes, prints)
        store(page, entry, prints)
        return (pageClass, prints.page)
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
    /// A delta this small is taken without a look at the blocks.
    private static let smallDeltaByteCount = 256

    /// Pages with more changed words than this are not worth the time for a delta.
    private static let deltaWordCountMaximum = 480

    private mutating func encodeContent(
        _ page: UnsafeRawPointer,
        base: UnsafeRawPointer,
        _ prints: PageFingerprint
    ) -> PageClass {
        let pageByteCount = PageFormat.pageByteCount
        var deltaControlEnd = deltaControl
        var deltaLiteralsEnd = deltaLiterals
        var best = pageByteCount
        if countOfChangedWords(base, page) <= Self.deltaWordCountMaximum,
            encodeDelta(
                from: base,
                to: page,
                byteCount: pageByteCount,
                limit: pageByteCount - 1,
                control: &deltaControlEnd,
                literals: &deltaLiteralsEnd
            )
        {
            best = (deltaControlEnd - deltaControl) + (deltaLiteralsEnd - deltaLiterals)
        }
        if best > Self.smallDeltaByteCount, encodeBlocks(page, base: base, prints, below: best) {
            return .blocks
        }
        guard best < pageByteCount else {
            append(page, pageByteCount)
            return .raw
        }
        let controlByteCount = deltaControlEnd - deltaControl
        control.update(from: deltaControl, count: controlByteCount)
        control += controlByteCount
        append(deltaLiterals, deltaLiteralsEnd - deltaLiterals)
        return .delta
    }

    /// Codes a page as blocks if at least one is cached and the whole takes fewer than `limit`
    /// bytes.
    private mutating func encodeBlocks(
        _ page: UnsafeRawPointer,
        base: UnsafeRawPointer,
        _ prints: PageFingerprint,
        below limit: Int
    ) -> Bool {
        let blockByteCount = PageFormat.blockByteCount
        var positions = (-1, -1, -1, -1)
        var isAnyCached = false
        for block in 0..<PageFormat.blocksPerPage {
            let content = page + block * blockByteCount
            guard let position = cachedBlock(equalTo: content, prints[block: block]) else {
                continue
            }
            isAnyCached = true
            switch block {
            case 0: positions.0 = position
            case 1: positions.1 = position
            case 2: positions.2 = position
            default: positions.3 = position
            }
        }
        guard isAnyCached else { return false }

        let start = (control: control, literals: literals, expectedBlock: expectedBlock)
        let codes = control
        codes.pointee = 0
        control += 1
        for block in 0..<PageFormat.blocksPerPage {
            let position =
                switch block {
                case 0: positions.0
                case 1: positions.1
                case 2: positions.2
                default: positions.3
                }
            let offset = block * blockByteCount
            let blockClass = encodeBlock(page + offset, base: base + offset, cachedAt: position)
            codes.pointee |= blockClass.rawValue << UInt8(2 * block)
        }
        if (control - start.control) + (literals - start.literals) < limit { return true }
        (control, literals, expectedBlock) = start
        return false
    }

    private mutating func encodeBlock(
        _ block: UnsafeRawPointer,
        base: UnsafeRawPointer,
        cachedAt position: Int
    ) -> BlockClass {
        let byteCount = PageFormat.blockByteCount
        // A reference takes one to five bytes; only a smaller delta is better.
        let limit = position >= 0 ? 4 : byteCount - 1
        if encodeDelta(
            from: base,
            to: block,
            byteCount: byteCount,
            limit: limit,
            control: &control,
            literals: &literals
        ) {
            return .delta
        }
        guard position >= 0 else {
            append(block, byteCount)
            return .literal
        }
        control.write(number: UInt64(zigzag: Int64(position) - expectedBlock))
        expectedBlock = Int64(position) + 1
        return .reference
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
