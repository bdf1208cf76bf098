internal import Glibc
internal import TestSupport

/// A link as a pure model: which bytes have arrived at which time.
///
/// All times count from the first byte. The model does not hold the bytes, it counts them.
public struct Link {
    /// What the link is like.
    public let properties: LinkProperties

    /// How often a loss made the sender stand still.
    public private(set) var stallCount = 0

    /// Bytes that arrive together; without bytes, the end of the stream.
    private struct Segment {
        var byteCount: Int
        let arrival: Duration
    }

    private let clock: LinkClock
    private let byteRate: Double
    private let capacityByteCount: Int
    private let segmentByteCount: Int
    private let stallTime: Duration
    private var generator: SeededGenerator
    private var byteCountUntilLoss: Double

    /// What is on its way or in the queue, by the link's running times.
    private var segments: [Segment] = []
    private var byteCountInLink = 0
    /// Arrived, and not taken out yet.
    private var byteCountAtEnd = 0
    /// When the sender will have sent all that it was given.
    private var busyUntil = Duration.zero
    private var lastArrival = Duration.zero
    private var isEndSent = false

    /// An empty link.
    ///
    /// - Throws: `LinkPropertiesError` if there can be no such link.
    public init(_ properties: LinkProperties) throws(LinkPropertiesError) {
        if let error = properties.reasonToRefuse { throw error }
        self.properties = properties
        clock = LinkClock(cuts: properties.cuts)
        byteRate = properties.streamByteRate
        capacityByteCount = properties.capacityByteCount
        segmentByteCount = properties.segmentByteCount
        stallTime = properties.stallTime ?? properties.roundTripTime
        generator = SeededGenerator(seed: properties.seed)
        byteCountUntilLoss = 0
        byteCountUntilLoss = drawByteCountUntilLoss()
    }

    /// How many more bytes the link takes now.
    public var freeByteCount: Int { capacityByteCount - byteCountInLink - byteCountAtEnd }

    /// Sends bytes, no more than are free.
    public mutating func send(_ byteCount: Int, at time: Duration) {
        precondition(byteCount <= freeByteCount && !isEndSent)
        var rest = byteCount
        while rest > 0 {
            let count = min(rest, segmentByteCount)
            append(count, at: time)
            rest -= count
        }
        byteCountInLink += byteCount
    }

    /// Sends the end of the stream.
    public mutating func sendEnd(at time: Duration) {
        isEndSent = true
        append(0, at: time)
    }

    /// How many bytes have arrived and can be taken out.
    public mutating func arrivedByteCount(at time: Duration) -> Int {
        let running = clock.runningTime(at: time)
        let count = segments.prefix { $0.arrival <= running && $0.byteCount > 0 }.count
        let byteCount = segments[..<count].reduce(0) { $0 + $1.byteCount }
        segments.removeFirst(count)
        byteCountInLink -= byteCount
        byteCountAtEnd += byteCount
        return byteCountAtEnd
    }

    /// Takes out bytes that have arrived.
    public mutating func take(_ byteCount: Int) {
        precondition(byteCount <= byteCountAtEnd)
        byteCountAtEnd -= byteCount
    }

    /// Whether everything has arrived, the end of the stream included, and was taken out.
    public func hasEnded(at time: Duration) -> Bool {
        guard isEndSent, byteCountAtEnd == 0, segments.count == 1 else { return false }
        return segments[0].arrival <= clock.runningTime(at: time)
    }

    /// When something arrives next.
    ///
    /// - Returns: Nothing if the link is empty, or cut for ever before that.
    public var nextArrival: Duration? {
        segments.first.flatMap { clock.time(ofRunningTime: $0.arrival) }
    }

    /// When the connection breaks, because a cut lasts longer than the ends wait.
    public var breakTime: Duration? {
        let timeout = properties.timeout
        return properties.cuts.first { $0.length.map { $0 > timeout } ?? true }
            .map { $0.start + timeout }
    }

    /// Sends what travels together.
    private mutating func append(_ byteCount: Int, at time: Duration) {
        busyUntil = max(busyUntil, clock.runningTime(at: time))
        byteCountUntilLoss -= Double(byteCount)
        while byteCountUntilLoss < 0 {
            stallCount += 1
            busyUntil += stallTime
            byteCountUntilLoss += drawByteCountUntilLoss()
        }
        busyUntil += .seconds(Double(byteCount) / byteRate)
        var arrival = busyUntil + properties.roundTripTime / 2
        if properties.jitter > .zero {
            arrival += properties.jitter * Double.random(in: 0...1, using: &generator)
        }
        lastArrival = max(lastArrival, arrival)
        segments.append(Segment(byteCount: byteCount, arrival: lastArrival))
    }

    /// How many bytes pass until a packet is lost, if each is lost with the same chance.
    private mutating func drawByteCountUntilLoss() -> Double {
        guard properties.lossRate > 0 else { return .infinity }
        let uniform = Double.random(in: Double.leastNormalMagnitude..<1, using: &generator)
        // A geometric distribution; never zero, or stalls would have no end.
        let packetCount = max(1, (log(uniform) / log1p(-properties.lossRate)).rounded(.up))
        return packetCount * Double(LinkProperties.packetByteCount)
    }
}
