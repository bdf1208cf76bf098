internal import ArgumentParser
internal import Glibc
internal import LinkModel
internal import PosixIO

/// `link-emulator`: standard input comes out of standard output as it would come out of a link.
@main
struct LinkEmulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link-emulator",
        abstract: "Pass bytes from standard input to standard output as a slow, far link would.",
        discussion: """
            Times count from the first byte. The emulator reads no more than the link and its queue \
            hold, so the writer waits as it would for a socket. A cut that outlasts the timeout \
            breaks the connection: the reader sees the end, the writer EPIPE.

            With --streams, so many streams share the link fairly: each comes from a descriptor, from \
            3 on, and goes to the next one. Such a link has a rate, a delay and queues only.
            """
    )

    @Option(
        help: "What the link carries: bytes/s (12.5M) or bits/s (100Mbit).",
        transform: Quantity.byteRate
    )
    var rate: Double

    @Option(help: "The round-trip time; half of it is the delay.", transform: Quantity.duration)
    var rtt = Duration.zero

    @Option(
        help: "A random delay of up to this time, without changing the order.",
        transform: Quantity.duration
    )
    var jitter = Duration.zero

    @Option(
        help: "The share of packets of \(LinkProperties.packetByteCount) bytes that is lost.",
        transform: Quantity.share
    )
    var loss = 0.0

    @Option(
        help: "How long the sender stands still after a loss; by default one round trip.",
        transform: Quantity.duration
    )
    var stall: Duration?

    @Option(
        help: "TCP's window, which bounds the rate to a window per round trip.",
        transform: Quantity.byteCount
    )
    var window: Int?

    @Option(help: "What waits at the sender: its socket buffer.", transform: Quantity.byteCount)
    var queue = 256 << 10

    @Option(
        help: "START+LENGTH or START: the link carries nothing; may be repeated.",
        transform: Quantity.cut
    )
    var cut: [Cut] = []

    @Option(
        help: "How long the ends wait for a cut link (default: 10s).",
        transform: Quantity.duration
    )
    var timeout = Duration.seconds(10)

    @Option(help: "What jitter and losses are drawn from.")
    var seed: UInt64 = 1

    @Option(help: "How many streams share the link; by default one uses standard input and output.")
    var streams: Int?

    @Option(help: "A file for what happened, as a line of JSON; one for each stream.")
    var report: String?

    func validate() throws {
        guard let streams else { return }
        guard 1...SharedRelay.streamCountMaximum ~= streams else {
            throw ValidationError("--streams is 1 to \(SharedRelay.streamCountMaximum).")
        }
        guard jitter == .zero, loss == 0, window == nil, cut.isEmpty else {
            throw ValidationError("A link with --streams has no jitter, loss, window or cut.")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        var properties = LinkProperties(byteRate: rate)
        properties.roundTripTime = rtt
        properties.jitter = jitter
        properties.lossRate = loss
        properties.stallTime = stall
        properties.windowByteCount = window
        properties.queueByteCount = queue
        properties.cuts = cut
        properties.timeout = timeout
        properties.seed = seed
        if let streams {
            var relay = try SharedRelay(properties, streamCount: streams)
            let result = Result { try relay.run() }
            try report.map { try write(relay.records, to: $0) }
            try result.get()
        } else {
            try run(properties)
        }
    }

    private func run(_ properties: LinkProperties) throws {
        var relay = try Relay(
            Link(properties),
            capacityByteCount: properties.capacityByteCount,
            from: STDIN_FILENO,
            to: STDOUT_FILENO
        )
        let result = Result { try relay.run() }
        try report.map { try write([relay.record], to: $0) }
        try result.get()
    }

    private func write(_ records: [RelayRecord], to path: String) throws {
        let descriptor = try retryingOnInterrupt("open '\(path)'") {
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        defer { close(descriptor) }
        var sink = FileDescriptorSink(descriptor, name: "'\(path)'")
        try Array(records.map { $0.json + "\n" }.joined().utf8).withUnsafeBytes {
            try sink.write([$0])
        }
    }
}
