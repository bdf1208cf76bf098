internal import PageCodec

/// Codes the page batches of a libxc stream, in their order: what was sent is cached.
struct BatchCoding {
    private var counters = StreamStatistics()
    private let pages: PageEncoderBox

    init(_ encoder: consuming PageEncoder) {
        pages = PageEncoderBox(encoder)
    }

    /// What was taken so far.
    var statistics: StreamStatistics {
        var result = counters
        result.pages = pages.encoder.statistics
        return result
    }

    /// Counts the headers of a stream.
    mutating func noteHeaders(byteCount: Int) {
        counters.stockByteCount += byteCount
    }

    /// Codes a piece of the stream, if it is a batch that is to be coded.
    ///
    /// - Parameters:
    ///   - piece: What was read.
    ///   - treatment: What is to become of a page batch.
    ///   - survey: What was found out about its pages before.
    ///   - memory: Where the result goes.
    /// - Returns: What is to be written.
    mutating func code(
        _ piece: StockPiece,
        _ treatment: BatchTreatment,
        survey: PageSurvey?,
        into memory: EncodingMemory
    ) -> EncodedUnit {
        counters.stockByteCount += piece.byteCount
        switch piece.content {
        case .fragment(let bytes, let continues, let startsBatch):
            if startsBatch {
                counters.noteWholeBatch(
                    UnsafeRawBufferPointer(
                        rebasing: bytes.dropFirst(StockStream.recordHeaderByteCount)
                    )
                )
            }
            if let type = piece.completedType { counters.noteRecord(type: type) }
            return unit(.fragment(bytes, continues: continues), of: piece, .whole)
        case .batch(let header, _, let body) where treatment == .whole:
            let headerPart = memory.fragment.prefix(StockStream.recordHeaderByteCount)
            header.write(to: headerPart)
            counters.noteWholeBatch(body)
            return unit(
                .whole(header: UnsafeRawBufferPointer(headerPart), body: body),
                of: piece,
                .whole
            )
        case .batch(_, let batch, let body):
            let coded = pages.encoder.encode(
                entries: batch.entries,
                pages: batch.pages,
                residue: treatment == .coded ? .sent : .compressed,
                survey: survey,
                into: memory.batch
            )
            if let first = batch.entries.first, let last = batch.entries.last {
                counters.noteBatch(
                    firstPFN: PageEntry(bits: UInt64(littleEndian: first)).pfn,
                    lastPFN: PageEntry(bits: UInt64(littleEndian: last)).pfn
                )
            }
            return unit(.batch(coded, stockByteCount: body.count), of: piece, treatment)
        }
    }

    private func unit(
        _ content: EncodedUnit.Content,
        of piece: StockPiece,
        _ treatment: BatchTreatment
    ) -> EncodedUnit {
        EncodedUnit(
            content: content,
            treatment: treatment,
            completedType: piece.completedType,
            statistics: statistics
        )
    }
}

/// What one turn of coding gives: a coded batch, a batch as it is, or a fragment of a record that is
/// carried.
struct EncodedUnit {
    enum Content {
        case batch(CodedBatch, stockByteCount: Int)
        case fragment(UnsafeRawBufferPointer, continues: Bool)
        /// A batch as it is, the body where it was read.
        case whole(header: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer)
    }

    let content: Content
    /// What is to become of a batch.
    let treatment: BatchTreatment
    /// The type of the libxc record that is complete with this.
    let completedType: UInt32?
    /// What was taken until here.
    let statistics: StreamStatistics

    var isEnd: Bool { completedType == StockRecordType.end }

    /// Whether its bytes lie where the source put them.
    var isInInput: Bool {
        if case .whole = content { true } else { false }
    }

    /// How a batch is to be compressed, if at all.
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
    let batch = BatchMemory()
    let compressed = CompressedMemory()
    let fragment = ScratchMemory(byteCount: ExtendedStream.fragmentByteCountMaximum)
}

/// A page encoder in a place of its own.
private final class PageEncoderBox {
    var encoder: PageEncoder

    init(_ encoder: consuming PageEncoder) {
        self.encoder = encoder
    }
}
