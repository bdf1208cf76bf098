public import PageCodec

/// What a stream contained and what became of it.
public struct StreamStatistics: Equatable, Sendable {
    /// The pages per class.
    public var pages = PageStatistics()
    /// Pages with content that were sent as libxc wrote them, in batches without classes.
    public private(set) var wholePageCount = 0
    /// How often the pfns started over: the rounds of a live migration, without a verifying pass.
    public var roundCount = 0
    /// Bytes of the libxc stream.
    public var stockByteCount = 0
    /// Bytes of the extended stream.
    public var extendedByteCount = 0
    /// How many page batches were treated in which way, by its name.
    ///
    /// "whole", "off" for without compression, or zstd's level. Only the encoding end knows.
    public private(set) var treatmentBatchCounts: [String: Int] = [:]

    /// The same without what only the encoding end knows.
    public var knownToBothEnds: StreamStatistics {
        var result = self
        result.treatmentBatchCounts = [:]
        return result
    }

    /// Pages with content.
    public var pageCount: Int { pages.pageCount + wholePageCount }

    // The last pfn of the batch before, to notice a new round.
    private var lastPFN: UInt64?
    private var isVerifying = false

    /// Statistics of nothing.
    public init() {}

    /// Takes over what the reading end of an encoder counts, which may be ahead of the writing end.
    mutating func takeOverSource(of read: StreamStatistics) {
        let written = self
        self = read
        pages = written.pages
        extendedByteCount = written.extendedByteCount
        treatmentBatchCounts = written.treatmentBatchCounts
    }

    /// Takes over what the decoding end counts, and counts a record that was read.
    mutating func takeOver(_ decoded: StreamStatistics, extendedByteCount: Int) {
        let read = self.extendedByteCount + extendedByteCount
        let written = stockByteCount
        self = decoded
        self.extendedByteCount = read
        stockByteCount = written
    }

    /// Notes what became of a batch.
    mutating func noteTreatment(_ treatment: BatchTreatment) {
        treatmentBatchCounts[treatment.description, default: 0] += 1
    }

    /// Notes a batch that is sent as it is.
    ///
    /// - Parameter body: The body of the `PAGE_DATA` record, or its beginning; it may be damaged.
    mutating func noteWholeBatch(_ body: UnsafeRawBufferPointer) {
        let start = StockStream.pageDataHeaderByteCount
        guard body.count > start else { return }
        let announced = Int(UInt32(littleEndian: body.loadUnaligned(as: UInt32.self)))
        let count = min(announced, PageFormat.entriesPerBatchMaximum, (body.count - start) / 8)
        guard count > 0 else { return }
        func entry(_ index: Int) -> PageEntry {
            PageEntry(
                bits: UInt64(
                    littleEndian: body.loadUnaligned(
                        fromByteOffset: start + 8 * index,
                        as: UInt64.self
                    )
                )
            )
        }
        for index in 0..<count where entry(index).hasContent { wholePageCount += 1 }
        noteBatch(firstPFN: entry(0).pfn, lastPFN: entry(count - 1).pfn)
    }

    /// Notes a libxc record that holds no pages.
    mutating func noteRecord(type: UInt32) {
        if type == StockRecordType.verify { isVerifying = true }
    }

    /// Notes a batch; within a round, pfns only rise.
    mutating func noteBatch(firstPFN: UInt64, lastPFN: UInt64) {
        guard !isVerifying else { return }
        if let before = self.lastPFN, firstPFN > before {
            self.lastPFN = lastPFN
            return
        }
        roundCount += 1
        self.lastPFN = lastPFN
    }
}

extension StreamStatistics: CustomStringConvertible {
    /// Rounds, pages and bytes in one line.
    public var description: String {
        let tenths = stockByteCount == 0 ? 0 : extendedByteCount * 1000 / stockByteCount
        let rounds = roundCount == 1 ? "1 round" : "\(roundCount) rounds"
        let whole = wholePageCount == 0 ? "" : ", \(wholePageCount) more as they were"
        return "\(rounds): \(pages)\(whole); \(stockByteCount) stock bytes as \(extendedByteCount) "
            + "(\(tenths / 10).\(tenths % 10)%)\(treatments)"
    }

    /// What became of the batches, if it was not the same for all that they were only coded.
    private var treatments: String {
        guard treatmentBatchCounts.keys.contains(where: { $0 != "off" }) else { return "" }
        let counts = treatmentBatchCounts.sorted { $0.value > $1.value }
        return "; batches per zstd level: "
            + counts.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}
