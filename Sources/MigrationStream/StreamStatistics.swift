public import PageCodec

/// What a stream contained and what became of it.
public struct StreamStatistics: Equatable, Sendable {
    /// The pages per class.
    public var pages = PageStatistics()
    /// How often the pfns started over: the rounds of a live migration, without a verifying pass.
    public var roundCount = 0
    /// Bytes of the libxc stream.
    public var stockByteCount = 0
    /// Bytes of the extended stream.
    public var extendedByteCount = 0
    /// How many page batches were sent with which effort, by its name; "off" without compression.
    public private(set) var effortBatchCounts: [String: Int] = [:]

    // The last pfn of the batch before, to notice a new round.
    private var lastPFN: UInt64?
    private var isVerifying = false

    /// Statistics of nothing.
    public init() {}

    /// Takes over what the reading end counts, which may be ahead of the writing end.
    mutating func takeOverSource(of read: StreamStatistics) {
        let (extendedByteCount, effortBatchCounts) = (extendedByteCount, effortBatchCounts)
        self = read
        self.extendedByteCount = extendedByteCount
        self.effortBatchCounts = effortBatchCounts
    }

    /// Takes over what the decoding end counts, and counts a record that was read.
    mutating func takeOver(_ decoded: StreamStatistics, extendedByteCount: Int) {
        let read = self.extendedByteCount + extendedByteCount
        let written = stockByteCount
        self = decoded
        self.extendedByteCount = read
        stockByteCount = written
    }

    /// Notes how a batch was compressed.
    mutating func noteEffort(_ effort: CompressionEffort?) {
        effortBatchCounts[effort?.description ?? "off", default: 0] += 1
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
        return "\(rounds): \(pages); \(stockByteCount) stock bytes as \(extendedByteCount) "
            + "(\(tenths / 10).\(tenths % 10)%)\(efforts)"
    }

    /// Which efforts were used, if there was any compression.
    private var efforts: String {
        guard effortBatchCounts.keys.contains(where: { $0 != "off" }) else { return "" }
        let counts = effortBatchCounts.sorted { $0.value > $1.value }
        return "; batches per zstd level: "
            + counts.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}
