/// What a link is like, in one direction.
///
/// One stream over TCP (or ssh over TCP) on an otherwise clean link: it goes on at once with the
/// full rate, there is no slow start and no competition. Several streams that share a link get a
/// part of its rate each: a quarter of the rate is a link shared by four.
public struct LinkProperties: Equatable, Sendable {
    /// What the link carries, in bytes per second.
    public var byteRate: Double
    /// The round-trip time; bytes arrive after half of it.
    public var roundTripTime = Duration.zero
    /// Each segment is late by a random time up to this one; none overtakes another.
    public var jitter = Duration.zero
    /// The share of packets that is lost; each one makes the sender stand still for `stallTime`.
    public var lossRate = 0.0
    /// How long the sender stands still after a loss; `nil` is one round trip.
    ///
    /// TCP needs one round trip if later packets tell it of the loss, and its retransmission timeout
    /// if none do.
    public var stallTime: Duration?
    /// TCP's window: at most this many bytes are sent per round trip; `nil` fills every link.
    public var windowByteCount: Int?
    /// How many bytes wait at the sender, beyond those on their way: its socket buffer.
    public var queueByteCount = 256 << 10
    /// When the link carries nothing, in the order of their starts.
    public var cuts: [Cut] = []
    /// How long both ends wait for a cut link before the connection breaks.
    public var timeout = Duration.seconds(10)
    /// What jitter and losses are drawn from.
    public var seed: UInt64 = 1

    /// A link of a rate with nothing else to it.
    public init(byteRate: Double) {
        self.byteRate = byteRate
    }

    /// The rate that one stream gets: the link's, or a window per round trip.
    public var streamByteRate: Double {
        guard let windowByteCount, roundTripTime > .zero else { return byteRate }
        return min(byteRate, Double(windowByteCount) / (roundTripTime / .seconds(1)))
    }

    /// Bytes that travel together: what the link carries in a millisecond, within limits.
    public var segmentByteCount: Int {
        Int(min(max(streamByteRate / 1000, Double(Self.packetByteCount)), 65536))
    }

    /// How many bytes the link takes before the writer must wait: what is on its way in a round
    /// trip, and the queue.
    public var capacityByteCount: Int {
        let onTheWay = streamByteRate * ((roundTripTime + jitter) / .seconds(1))
        return max(Int(onTheWay) + queueByteCount, 2 * segmentByteCount)
    }

    /// How much room there must be before the writer of a full link goes on: a third of the queue, as
    /// with Linux's TCP sockets.
    public var wakingByteCount: Int { max(queueByteCount / 3, segmentByteCount) }

    /// What an Ethernet packet carries of a TCP stream.
    public static let packetByteCount = 1448
}

/// A time in which a link carries nothing.
public struct Cut: Equatable, Sendable {
    /// When it starts, from the first byte on.
    public let start: Duration
    /// How long it lasts; `nil` is for ever.
    public let length: Duration?

    /// A cut that starts some time after the first byte.
    public init(start: Duration, length: Duration?) {
        self.start = start
        self.length = length
    }
}
