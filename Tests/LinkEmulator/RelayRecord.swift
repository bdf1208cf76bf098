/// What went over the link.
struct RelayRecord {
    /// Bytes that came out.
    var byteCount = 0
    /// When the first byte went in, by CLOCK_MONOTONIC.
    var firstByteIn: Duration?
    /// When the last byte came out, by CLOCK_MONOTONIC.
    var lastByteOut: Duration?
    /// How often a loss made the sender stand still.
    var stallCount = 0

    /// One object of JSON; times in seconds, `null` where there was none.
    var json: String {
        """
        {"bytes":\(byteCount),"first-byte-in":\(text(firstByteIn)),\
        "last-byte-out":\(text(lastByteOut)),"stalls":\(stallCount)}
        """
    }

    private func text(_ time: Duration?) -> String {
        time.map { "\($0 / .seconds(1))" } ?? "null"
    }
}
