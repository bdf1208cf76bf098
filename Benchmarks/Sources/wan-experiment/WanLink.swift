/// A link of the experiment, as `link-emulator` is told of it.
struct WanLink: Sendable {
    /// What it is called in files and on the command line.
    let key: String
    let title: String
    /// In bits per second.
    let bitRate: Double
    let roundTripTime: String
    /// Whether processors may be slower than the link.
    var isFast = false

    var options: [String] { ["--rate", "\(Int(bitRate))bit", "--rtt", roundTripTime] }

    /// The part of what it could carry in the time of a migration that it carried.
    func usage(by measurement: MigrationMeasurement) -> Double {
        8 * Double(measurement.byteCount) / (bitRate * measurement.totalSeconds)
    }

    static let slow = WanLink(
        key: "100m",
        title: "100 Mb/s, 20 ms",
        bitRate: 100e6,
        roundTripTime: "20ms"
    )

    static let fast = WanLink(
        key: "1g",
        title: "1 Gb/s, 1 ms",
        bitRate: 1e9,
        roundTripTime: "1ms",
        isFast: true
    )

    static let all = [
        slow,
        WanLink(
            key: "465m-shared",
            title: "465 Mb/s by four, 27 ms",
            bitRate: 116.25e6,
            roundTripTime: "27ms"
        ),
        fast,
    ]
}
