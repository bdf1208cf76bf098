/// Writes batches down whose pages were matched with what was sent before: each new page as the
/// cheapest of delta (or, if a compressor follows, words), blocks and raw.
///
/// It needs nothing but the matches, so several can work at once, each on its own batch. It owns
/// memory for one coded batch: 8 MiB of addresses; the system gives memory for as much of it as a
/// batch needs, half of it in practice. Cost per new page: one comparison with its last version.
public struct BatchWriter: ~Copyable {
    /// What becomes of a coded batch, which decides how changes are best written down.
    public enum Residue: Sendable {
        /// It is sent as it is: the fewest bytes are best.
        case sent
        /// It is compressed: what a compressor can deal with is best.
        case compressed
    }

    private let header: UnsafeMutableRawPointer
    private let entries: UnsafeMutablePointer<UInt8>
    private let classes: UnsafeMutablePointer<UInt8>
    private let controlStart: UnsafeMutablePointer<UInt8>
    private let literalsStart: UnsafeMutablePointer<UInt8>

    private var pageRuns = ChangedRuns()
    private var blockRuns = ChangedRuns()

    // Where the batch in hand has got to.
    private var residue = Residue.sent
    private var control: UnsafeMutablePointer<UInt8>
    private var literals: UnsafeMutablePointer<UInt8>
    private var literalPieces = BytePieces(
        capacity: 2 * PageFormat.entriesPerBatchMaximum + 1
    )
    // The literals from here to the cursor are in no piece yet.
    private var pieceStart: UnsafeMutablePointer<UInt8>
    private var expectedSlot: Int64 = 0
    private var expectedBlock: Int64 = 0

    /// Allocates memory for one batch.
    public init() {
        // What is tried and given up may reach beyond the end for a moment.
        let capacity = PageFormat.batchByteCountMaximum + 2 * PageFormat.pageByteCount
        header = .allocate(byteCount: PageFormat.batchHeaderByteCount, alignment: 8)
        entries = .allocate(capacity: entryRunsByteCountMaximum)
        classes = .allocate(capacity: classRunsByteCountMaximum)
        controlStart = .allocate(capacity: capacity)
        literalsStart = .allocate(capacity: capacity)
        control = controlStart
        literals = literalsStart
        pieceStart = literalsStart
    }

    deinit {
        header.deallocate()
        entries.deallocate()
        classes.deallocate()
        controlStart.deallocate()
        literalsStart.deallocate()
    }

    /// Writes a batch.
    ///
    /// - Parameters:
    ///   - matches: What its pages have in common with what was sent before.
    ///   - residue: What becomes of the coded batch.
    /// - Returns: The coded batch, valid until the next one is written and as long as the matches.
    public mutating func write(_ matches: BatchMatches, residue: Residue) -> CodedBatch {
        self.residue = residue
        control = controlStart
        literals = literalsStart
        literalPieces.removeAll()
        pieceStart = literalsStart
        expectedSlot = 0
        expectedBlock = 0
        var statistics = PageStatistics()
        statistics.emptyEntryCount = matches.entryCount - matches.pageCount
        var classCursor = ClassRunWriter(classes)
        for index in 0..<matches.pageCount {
            let pageClass = write(matches.pages + index)
            classCursor.append(pageClass)
            statistics.count(pageClass)
        }
        classCursor.finish()
        endPiece()
        var entryCursor = entries
        encodeEntryRuns(matches.entries, into: &entryCursor)
        return finishBatch(
            matches,
            entriesByteCount: entryCursor - entries,
            classesByteCount: classCursor.cursor - classes,
            statistics
        )
    }

    private func finishBatch(
        _ matches: BatchMatches,
        entriesByteCount: Int,
        classesByteCount: Int,
        _ statistics: PageStatistics
    ) -> CodedBatch {
        let literalPieces = literalPieces.list
        let batchHeader = BatchHeader(
            entryCount: matches.entryCount,
            entriesByteCount: entriesByteCount,
            classesByteCount: classesByteCount,
            controlByteCount: control - controlStart,
            literalsByteCount: literalPieces.reduce(0) { $0 + $1.count }
        )
        batchHeader.write(to: header)
        var batch = CodedBatch(
            sections: (
                UnsafeRawBufferPointer(start: header, count: PageFormat.batchHeaderByteCount),
                UnsafeRawBufferPointer(start: entries, count: entriesByteCount),
                UnsafeRawBufferPointer(start: classes, count: classesByteCount),
                UnsafeRawBufferPointer(start: controlStart, count: control - controlStart)
            ),
            literals: literalPieces,
            checksum: 0,
            statistics: statistics
        )
        var checksum = BatchChecksum()
        checksum.add(
            UnsafeRawBufferPointer(start: matches.fingerprints, count: matches.pageCount * 8)
        )
        checksum.add(batch.sections.header)
        checksum.add(batch.sections.entries)
        checksum.add(batch.sections.classes)
        checksum.add(batch.sections.control)
        batch.checksum = checksum.value
        return batch
    }

    private mutating func write(_ match: UnsafePointer<PageMatch>) -> PageClass {
        switch match.pointee {
        case .zero:
            return .zero
        case .unchanged:
            return .unchanged
        case .reference(let slot):
            control.write(number: UInt64(zigzag: Int64(slot) - expectedSlot))
            expectedSlot = Int64(slot) + 1
            return .reference
        case .new(let page):
            return write(page)
        }
    }
}

// How the content of a page that is not in the cache is coded.
extension BatchWriter {
    /// A page coded with so few bytes is taken without a look at the blocks.
    private static let smallByteCount = 256

    /// Pages with more changed words than this are not worth the time for a delta.
    private static let deltaWordCountMaximum = 480

    /// Pages with more changed words than this are left to the compressor as they are.
    private static let wordCountMaximum = 448

    private mutating func write(_ new: NewPage) -> PageClass {
        let pageByteCount = PageFormat.pageByteCount
        let page = new.page
        guard let base = new.base else {
            if writeBlocks(new, below: pageByteCount) { return .blocks }
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
            if byteCount > Self.smallByteCount, writeBlocks(new, below: byteCount) {
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
            if byteCount > Self.smallByteCount, writeBlocks(new, below: byteCount) {
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

    /// Writes a page as blocks if at least one is cached and the whole takes fewer than `limit`
    /// bytes.
    private mutating func writeBlocks(_ new: NewPage, below limit: Int) -> Bool {
        let blockByteCount = PageFormat.blockByteCount
        var positions = SIMD4<Int>(repeating: -1)
        for block in 0..<PageFormat.blocksPerPage {
            let match = new.blocks[block]
            if match.isProven(by: new.page + block * blockByteCount) {
                positions[block] = match.position
            }
        }
        guard positions.max() >= 0 else { return false }

        let start = (control: control, literals: literals, expectedBlock: expectedBlock)
        let codes = control
        codes.pointee = 0
        control += 1
        for block in 0..<PageFormat.blocksPerPage {
            let offset = block * blockByteCount
            let blockClass = writeBlock(
                new.page + offset,
                base: new.base.map { $0 + offset },
                cachedAt: positions[block]
            )
            codes.pointee |= blockClass.rawValue << UInt8(2 * block)
        }
        if (control - start.control) + (literals - start.literals) < limit { return true }
        (control, literals, expectedBlock) = start
        return false
    }

    private mutating func writeBlock(
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

    /// Adds a page to the literals: a note of where it is, or a copy, since a compressor takes them
    /// from one place.
    private mutating func appendRaw(_ page: UnsafeRawPointer) {
        guard residue == .sent else { return append(page, PageFormat.pageByteCount) }
        endPiece()
        literalPieces.append(page, PageFormat.pageByteCount)
    }

    private mutating func endPiece() {
        literalPieces.append(pieceStart, literals - pieceStart)
        pieceStart = literals
    }

    private mutating func append(_ bytes: UnsafeRawPointer, _ byteCount: Int) {
        UnsafeMutableRawPointer(literals).copyMemory(from: bytes, byteCount: byteCount)
        literals += byteCount
    }
}

extension BlockMatch {
    /// Whether a block is really there: an equal fingerprint is only a proposal.
    fileprivate func isProven(by block: UnsafeRawPointer) -> Bool {
        guard let unproven else { return position >= 0 }
        return isEqual(block, unproven, PageFormat.blockByteCount)
    }
}
