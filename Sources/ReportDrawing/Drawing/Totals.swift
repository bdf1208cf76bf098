internal import MigrationReport

/// A migration in a few figures; from its end or, if there is none, from its rounds.
struct Totals {
    let status: String
    let statusStyle: String
    let roundCount: Int
    let totalMilliseconds: Int
    let transferredByteCount: Int
    let stockByteCount: Int
    let memoryByteCount: Int
    let megabitsPerSecond: Double
    let pauseMilliseconds: Int?
    let pauseLimitMilliseconds: Int?
    let pages: PageCounts

    init(_ history: MigrationHistory) {
        let rounds = history.rounds
        let last = rounds.last
        let end = history.end
        status = end?.status.rawValue ?? "not finished"
        statusStyle =
            switch end?.status {
            case .completed: "completed"
            case .failed, .cancelled: "failed"
            default: "soft"
            }
        roundCount = end?.dirtySyncCount ?? rounds.count
        totalMilliseconds = end?.totalMilliseconds ?? last?.totalMilliseconds ?? 0
        transferredByteCount = end?.transferredByteCount ?? last?.transferredByteCount ?? 0
        stockByteCount = end?.stockByteCount ?? rounds.reduce(0) { $0 &+ $1.stockByteCount }
        memoryByteCount =
            end?.totalByteCount ?? last?.totalByteCount ?? history.start?.totalByteCount ?? 0
        megabitsPerSecond =
            end?.megabitsPerSecond
            ?? Measures.megabitsPerSecond(
                byteCount: transferredByteCount,
                seconds: Double(totalMilliseconds) / 1000
            )
        pauseMilliseconds = end?.pauseMilliseconds
        pauseLimitMilliseconds = history.start?.pauseLimitMilliseconds
        var sum = PageCounts()
        for round in rounds { sum = sum - (PageCounts() - round.pages) }
        pages = end?.pages ?? sum
    }

    /// A figure, what it is called and what belongs to it.
    struct Card: Equatable {
        let name: String
        let value: String
        let note: String
    }

    var cards: [Card] {
        [
            Card(
                name: "Total time",
                value: Units.time(milliseconds: totalMilliseconds),
                note: "from start to end"
            ),
            Card(
                name: "Pause",
                value: pauseMilliseconds.map { Units.time(milliseconds: $0) } ?? "–",
                note: pauseLimitMilliseconds.map { "limit \(Units.time(milliseconds: $0))" }
                    ?? "no limit set"
            ),
            Card(
                name: "Sent",
                value: Units.bytes(transferredByteCount),
                note: stockByteCount > 0
                    ? "\(Self.percent(transferredByteCount, of: stockByteCount)) of stock"
                    : "nothing"
            ),
            Card(
                name: "Rate",
                value: Units.threeDigits(megabitsPerSecond),
                note: "Mbit/s on average"
            ),
            Card(
                name: "Rounds",
                value: Units.grouped(roundCount),
                note: "\(Units.bytes(memoryByteCount)) of memory"
            ),
        ]
    }

    /// A share in percent with a digit after the point.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        return Units.decimal(Double(part) / Double(whole) * 100, digits: 1) + "%"
    }
}
