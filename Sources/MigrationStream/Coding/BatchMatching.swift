internal import PageCodec

/// Matches the page batches of a libxc stream with what was sent before, in their order.
struct BatchMatching {
    /// What was taken so far; what became of the pages is not known here.
    private(set) var statistics = StreamStatistics()

    private let pages: PageMatcherBox
    private let batchesStay: Bool

    /// - Parameters:
    ///   - matcher: The matcher, with the cache.
    ///   - batchesStay: Whether what was read stays where it is until it has been written.
    init(_ matcher: consuming PageMatcher, batchesStay: Bool) {
        pages = PageMatcherBox(matcher)
        self.batchesStay = batchesStay
    }

    /// Counts the headers of a stream.
    mutating func noteHeaders(byteCount: Int) {
        statistics.stockByteCount += byteCount
    }

    /// Matches a piece of the stream, if it is a batch that is to be coded.
    ///
    /// - Parameters:
    ///   - piece: What was read.
    ///   - treatment: What is to become of a page batch.
    ///   - survey: What was found out about its pages before.
    ///   - memory: Where the result goes.
    /// - Returns: What is to be written.
    mutating func match(
        _ piece: StockPiece,
        _ treatment: BatchTreatment,
        survey: PageSurvey?,
        into memory: EncodingMemory
    ) -> EncodingUnit {
        statistics.stockByteCount += piece.byteCount
        switch piece.content {
        case .fragment(let bytes, let continues, let startsBatch):
            if startsBatch {
                statistics.noteWholeBatch(
                    UnsafeRawBufferPointer(
                        rebasing: bytes.dropFirst(StockStream.recordHeaderByteCount)
                    )
                )
            }
            if let type = piece.completedType { statistics.noteRecord(type: type) }
            return unit(.fragment(bytes, continues: continues), of: piece, .whole)
        case .batch(let header, _, let body) where treatment == .whole:
            let headerPart = memory.fragment.prefix(StockStream.recordHeaderByteCount)
            header.write(to: headerPart)
            statistics.noteWholeBatch(body)
            return unit(
                .whole(header: UnsafeRawBufferPointer(headerPart), body: body),
                of: piece,
                .whole
            )
        case .batch(_, let batch, let body):
            pages.matcher.match(
                entries: batch.entries,
                pages: batch.pages,
                pagesStay: batchesStay,
                survey: survey,
                into: memory.matches
            )
            if let first = batch.entries.first, let last = batch.entries.last {
                statistics.noteBatch(
                    firstPFN: PageEntry(bits: UInt64(littleEndian: first)).pfn,
                    lastPFN: PageEntry(bits: UInt64(littleEndian: last)).pfn
                )
            }
            return unit(.batch(stockByteCount: body.count), of: piece, treatment)
        }
    }

    private func unit(
        _ content: EncodingUnit.Content,
        of piece: StockPiece,
        _ treatment: BatchTreatment
    ) -> EncodingUnit {
        EncodingUnit(
            content: content,
            treatment: treatment,
            completedType: piece.completedType,
            statistics: statistics
        )
    }
}

/// What one turn of matching gives: a batch to be coded, a batch as it is, or a fragment of a record
/// that is carried.
struct EncodingUnit {
    enum Content {
        /// A batch, the matches of which are in the thread's memory.
        case batch(stockByteCount: Int)
        case fragment(UnsafeRawBufferPointer, continues: Bool)
        /// A batch as it is, the body where it was read.
        case whole(header: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer)
    }

    let content: Content
    /// What is to become of a batch.
    let treatment: BatchTreatment
    /// The type of the libxc record that is complete with this.
    let completedType: UInt32?
    /// What was taken until here, but for what pages were coded as.
    let statistics: StreamStatistics

    var isEnd: Bool { completedType == StockRecordType.end }

    /// Whether its bytes lie where the source put them.
    var isInInput: Bool {
        if case .whole = content { true } else { false }
    }

    /// How a batch is to be compressed, if it is coded at all.
    var effort: CompressionEffort? {
        if case .compressed(let effort) = treatment { effort } else { nil }
    }
}

/// What one thread needs to encode.
final class EncodingMemory {
    /// The longest body of a `PAGE_DATA` record that is coded.
    static var inputByteCount: Int {
        StockStream.pageDataHeaderByteCount + PageFormat.stockBatchByteCountMaximum
    }

    let input = ScratchMemory(byteCount: inputByteCount)
    let survey = PageSurvey()
    let matches = BatchMatches()
    var writer = BatchWriter()
    let compressed = CompressedMemory()
    let fragment = ScratchMemory(byteCount: ExtendedStream.fragmentByteCountMaximum)
}

/// A page matcher in a place of its own.
private final class PageMatcherBox {
    var matcher: PageMatcher

    init(_ matcher: consuming PageMatcher) {
        self.matcher = matcher
    }
}
