/// How fast a reader takes bytes.
struct Link {
    /// A rate that holds from some time on.
    struct Phase {
        let startSeconds: Double
        /// In bytes per second; without one the reader takes all that comes.
        let byteRate: Double?
    }

    let name: String
    let phases: [Phase]

    /// A rate that stays, in megabytes (10^6 bytes) per second.
    init(megabytesPerSecond rate: Double) {
        name = "\(Int(rate)) MB/s"
        phases = [Phase(startSeconds: 0, byteRate: rate * 1e6)]
    }

    /// A rate that becomes another one, in megabytes per second.
    init(from first: Double, to second: Double, afterSeconds seconds: Double) {
        name = "\(Int(first)) to \(Int(second)) at \(seconds) s"
        phases = [
            Phase(startSeconds: 0, byteRate: first * 1e6),
            Phase(startSeconds: seconds, byteRate: second * 1e6),
        ]
    }

    private init(name: String, phases: [Phase]) {
        self.name = name
        self.phases = phases
    }

    /// A reader that is never slower than the writer.
    static let unlimited = Link(
        name: "unlimited",
        phases: [Phase(startSeconds: 0, byteRate: nil)]
    )

    /// The rate at some time after the start.
    func byteRate(atSeconds seconds: Double) -> Double? {
        phases.last { $0.startSeconds <= seconds }?.byteRate
    }
}
