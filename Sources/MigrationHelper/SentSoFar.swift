internal import MigrationReport
internal import MigrationStream

/// What a save has sent so far.
struct SentSoFar {
    /// Bytes on the link.
    var byteCount = 0
    /// Bytes that libxenguest wrote.
    var stockByteCount = 0
    /// The pages by class.
    var pages = PageCounts()
    /// How many batches were treated in which way.
    var treatments: [String: Int] = [:]

    /// Nothing.
    init() {}

    /// What an encoder has written.
    init(_ statistics: StreamStatistics) {
        byteCount = statistics.extendedByteCount
        stockByteCount = statistics.stockByteCount
        pages = PageCounts(statistics)
        treatments = statistics.treatmentBatchCounts
    }

    /// What libxenguest has written by itself: 4096 bytes for a page and 8 for its number, and little
    /// else.
    init(unencodedByteCount: Int) {
        byteCount = unencodedByteCount
        stockByteCount = unencodedByteCount
        pages.whole = unencodedByteCount / (Measures.pageByteCount + 8)
    }

    /// What was sent between two moments.
    static func - (later: SentSoFar, earlier: SentSoFar) -> SentSoFar {
        var result = SentSoFar()
        result.byteCount = later.byteCount - earlier.byteCount
        result.stockByteCount = later.stockByteCount - earlier.stockByteCount
        result.pages = later.pages - earlier.pages
        result.treatments = later.treatments.merging(earlier.treatments) { $0 - $1 }
            .filter { $0.value > 0 }
        return result
    }
}
