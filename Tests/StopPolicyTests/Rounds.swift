import StopPolicy

/// A round of which only what matters is given: 300 bytes per page over 10 MB/s, unless said else.
func round(
    _ number: Int,
    sent: Int,
    dirty: Int,
    bytesPerPage: Int = 300,
    bytes: Int? = nil,
    unchanged: Int = 0,
    seconds: Double? = nil
) -> Round {
    Round(
        number: number,
        sentPageCount: sent,
        dirtyPageCount: dirty,
        encodedByteCount: bytes ?? sent * bytesPerPage,
        stockByteCount: sent * 4104,
        unchangedPageCount: unchanged,
        seconds: seconds ?? Double(sent * bytesPerPage) / 10e6
    )
}

/// The verdicts after rounds that send 65536 pages first, and leave so many each; until one is final.
func verdicts(
    _ rules: StopRules,
    dirty: [Int],
    bytesPerPage: Int = 300
) -> [Verdict] {
    var policy = StopPolicy(rules)
    var verdicts: [Verdict] = []
    var sent = 65536
    for (number, count) in dirty.enumerated() {
        verdicts.append(
            policy.verdict(
                after: round(number, sent: sent, dirty: count, bytesPerPage: bytesPerPage)
            )
        )
        if verdicts.last?.decision != .next { break }
        sent = count
    }
    return verdicts
}
