/// A link of the experiment, as `link-emulator` is told of it.
struct WanLink: Sendable {
    /// What it is called in files and on the command line.
    let key: String
    let title: String
    let rate: String
    let roundTripTime: String
    /// Whether processors may be slower than the link.
    var isFast = false

    var options: [String] { ["--rate", rate, "--rtt", roundTripTime] }

    static let all = [
        WanLink(key: "100m", title: "100 Mb/s, 20 ms", rate: "100Mbit", roundTripTime: "20ms"),
        WanLink(
            key: "465m-shared",
            title: "465 Mb/s by four, 27 ms",
            rate: "116.25Mbit",
            roundTripTime: "27ms"
        ),
        WanLink(
            key: "1g",
            title: "1 Gb/s, 1 ms",
            rate: "1Gbit",
            roundTripTime: "1ms",
            isFast: true
        ),
    ]
}
