extension EndRecord {
    /// The migration in one line, for `xl`'s output:
    /// `cloudnet: 12 rounds, 268 MB of memory as 41.3 MB in 34.1 s (9.70 Mbit/s), pause 212 ms`.
    public var summary: String {
        let rounds = dirtySyncCount == 1 ? "1 round" : "\(dirtySyncCount) rounds"
        let outcome =
            switch status {
            case .completed: ""
            case .failed: "failed after "
            case .cancelled: "cancelled after "
            case .setup, .active: "so far "
            }
        let pause = pauseMilliseconds.map { ", pause \(Units.time(milliseconds: $0))" } ?? ""
        return "cloudnet: \(outcome)\(rounds), \(Units.bytes(totalByteCount)) of memory as "
            + "\(Units.bytes(transferredByteCount)) in \(Units.time(milliseconds: totalMilliseconds)) "
            + "(\(Units.rate(megabitsPerSecond)))\(pause)"
    }
}
