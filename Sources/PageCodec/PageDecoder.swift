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
    private let fingerprints: UnsafeMutablePointer<UInt64>

    // Where the batch in hand has got to.
    private var expectedSlot: Int64 = 0
    private var expectedBlock: Int64 = 0

    /// Allocates a decoder whose cache has `slotCount` slots, as the sender announced.
    ///
    /// - Throws: `PageCodecError` if the system does not give the memory.
    public init(slotCount: Int) throws(PageCodecError) {
        cache = try PageCache(slotCount: slotCount)
        versions = PageVersions(slotCount: slotCount)
        fingerprints = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
    }

    deinit { fingerprints.deallocate() }

    /// Rebuilds the content of one `PAGE_DATA` record.
    ///
    /// - Parameters:
    ///   - batch: The coded batch as it was received.
    ///   - expectedChecksum: The checksum that was received with it.
    ///   - output: Where the entries and then the pages go; `outputByteCountMaximum` always
    ///     suffices. It must be aligned to 8 bytes.
    /// - Returns: How many entries and how many bytes, entries and pages, were written.
    /// - Throws: `PageCodecError` if the batch is not what a sender with the same cache wrote.
    public mutating func decode(
        _ batch: UnsafeRawBufferPointer,
        checksum expectedChecksum: UInt64,
        into output: UnsafeMutableRawBufferPointer
    ) throws(PageCodecError) -> (entryCount: Int, byteCount: Int) {
        let header = try BatchHeader(reading: batch)
        let sections = Sections(header, batch)

        let entriesByteCount = header.entryCount * MemoryLayout<UInt64>.size
        guard output.count >= entriesByteCount, let outputStart = output.baseAddress else {
            throw .outputTooSmall(byteCount: output.count, neededByteCount: entriesByteCount)
        }
        let entries = UnsafeMutableBufferPointer(
            start: outputStart.assumingMemoryBound(to: UInt64.self),
            count: header.entryCount
        )
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
        let byteCount = entriesByteCount + pageCount * PageFormat.pageByteCount
        guard output.count >= byteCount else {
            throw .outputTooSmall(byteCount: output.count, neededByteCount: byteCount)
        }
        try decodePages(
            UnsafeBufferPointer(entries),
            pageCount: pageCount,
            header,
            sections,
            into: outputStart + entriesByteCount
        )

        var found = BatchChecksum()
        found.add(UnsafeRawBufferPointer(start: fingerprints, count: pageCount * 8))
        found.add(UnsafeRawBufferPointer(rebasing: batch.prefix(PageFormat.batchHeaderByteCount)))
        found.add(UnsafeRawBufferPointer(start: sections.entries, count: header.entriesByteCount))
        found.add(UnsafeRawBufferPointer(start: sections.classes, count: header.classesByteCount))
        found.add(UnsafeRawBufferPointer(start: sections.control, count: header.controlByteCount))
        guard found.value == expectedChecksum else {
            throw .contentChecksumMismatch(expected: expectedChecksum, found: found.value)
        }
        return (header.entryCount, byteCount)
    }

    /// The size of an output buffer that suffices for any batch.
    public static let outputByteCountMaximum =
        PageFormat.entriesPerBatchMaximum * (8 + PageFormat.pageByteCount)

    private mutating func decodePages(
        _ entries: UnsafeBufferPointer<UInt64>,
        pageCount: Int,
        _ header: BatchHeader,
        _ sections: Sections,
        into pages: UnsafeMutableRawPointer
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
            let page = pages + index * PageFormat.pageByteCount
            try decode(pageClass, entry, into: page, &control, &literals)
            fingerprints[index] =
                pageClass == .zero
                ? PageFingerprint.zeroPage : PageFingerprint(of: page).page
            statistics.count(pageClass)
            index += 1
        }
        try classes.finish()
        try control.finish()
        try literals.finish()
    }

    private mutating func decode(
        _ pageClass: PageClass,
        _ entry: PageEntry,
        into page: UnsafeMutableRawPointer,
        _ control: inout SectionReader,
        _ literals: inout SectionReader
    ) throws(PageCodecError) {
        let pageByteCount = PageFormat.pageByteCount
        switch pageClass {
        case .zero:
            page.initializeMemory(as: UInt8.self, repeating: 0, count: pageByteCount)
            versions.forget(entry.pfn)
            return
        case .unchanged:
            guard
                let version = versions.version(of: entry.pfn), version.type == entry.type,
                cache.isLive(store: version.store)
            else {
                throw .noVersion(pfn: entry.pfn, type: entry.type)
            }
            page.copyMemory(from: cache.page(ofStore: version.store), byteCount: pageByteCount)
            return
        case .reference:
            let slot = try readPosition(&control, expectedSlot, entry, positionsPerSlot: 1)
            expectedSlot = Int64(slot) + 1
            page.copyMemory(from: cache.page(at: slot), byteCount: pageByteCount)
            versions.remember(
                PageVersions.Version(store: cache.store(ofSlot: slot), type: entry.type),
                for: entry.pfn
            )
            return
        case .delta:
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
        case .blocks:
            try decodeBlocks(entry, into: page, &control, &literals)
        case .raw:
            page.copyMemory(
                from: try literals.readBytes(pageByteCount),
                byteCount: pageByteCount
            )
        }
        versions.remember(
            PageVersions.Version(store: cache.storedCount, type: entry.type),
            for: entry.pfn
        )
        cache.store(page)
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
