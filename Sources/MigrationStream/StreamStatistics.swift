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

    // The last pfn of the batch before, to notice a new round.
    private var lastPFN: UInt64?
    private var isVerifying = false

    /// Statistics of nothing.
    public init() {}

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
            + "(\(tenths / 10).\(tenths % 10)%)"
    }
}
