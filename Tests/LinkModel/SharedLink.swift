/// A link that several streams share fairly, as a pure model: which bytes of which stream have
/// arrived at which time.
///
/// Streams that have something to send take turns, segment by segment: what one does not use goes
/// to the others. Each has its own queue at the sender. Rate, delay and queue are those of the
/// properties; jitter, losses, windows and cuts are not modelled.
public struct SharedLink {
    /// Bytes of a stream that arrive together; without bytes, its end.
    private struct Segment {
        var byteCount: Int
        let arrival: Duration
    }

    private struct Stream {
        /// At the sender.
        var queuedByteCount = 0
        var isEndQueued = false
        /// On their way.
        var segments: [Segment] = []
        /// Arrived, and not taken out yet.
        var byteCountAtEnd = 0
        var hasEnded = false

        var byteCount: Int {
            segments.reduce(queuedByteCount + byteCountAtEnd) { $0 + $1.byteCount }
        }
    }

    private let byteRate: Double
    private let delay: Duration
    private let segmentByteCount: Int
    /// What the link takes of one stream before its writer must wait.
    private let capacityByteCount: Int
    private var streams: [Stream]
    /// Whose turn it is.
    private var nextStream = 0
    /// When the link will have sent what it is sending.
    private var busyUntil = Duration.zero

    /// An empty link.
    ///
    /// - Throws: `LinkPropertiesError` if there can be no such link.
    public init(
        _ properties: LinkProperties,
        streamCount: Int
    ) throws(LinkPropertiesError) {
        if let error = properties.reasonToRefuse { throw error }
        byteRate = properties.byteRate
        delay = properties.roundTripTime / 2
        segmentByteCount = properties.segmentByteCount
        capacityByteCount = properties.capacityByteCount
        streams = Array(repeating: Stream(), count: streamCount)
    }

    /// How many more bytes of a stream the link takes now.
    public func freeByteCount(_ stream: Int) -> Int {
        max(0, capacityByteCount - streams[stream].byteCount)
    }

    /// Sends bytes, no more than are free.
    public mutating func send(_ byteCount: Int, of stream: Int, at time: Duration) {
        precondition(byteCount <= freeByteCount(stream) && !streams[stream].isEndQueued)
        advance(to: time)
        streams[stream].queuedByteCount += byteCount
        advance(to: time)
    }

    /// Sends the end of a stream.
    public mutating func sendEnd(of stream: Int, at time: Duration) {
        advance(to: time)
        streams[stream].isEndQueued = true
        advance(to: time)
    }

    /// How many bytes of a stream have arrived and can be taken out.
    public mutating func arrivedByteCount(_ stream: Int, at time: Duration) -> Int {
        advance(to: time)
        while let first = streams[stream].segments.first, first.arrival <= time {
            streams[stream].segments.removeFirst()
            streams[stream].byteCountAtEnd += first.byteCount
            if first.byteCount == 0 { streams[stream].hasEnded = true }
        }
        return streams[stream].byteCountAtEnd
    }

    /// Takes out bytes that have arrived.
    public mutating func take(_ byteCount: Int, of stream: Int) {
        precondition(byteCount <= streams[stream].byteCountAtEnd)
        streams[stream].byteCountAtEnd -= byteCount
    }

    /// Whether all of a stream was taken out, as of the last look at what has arrived.
    public func hasEnded(_ stream: Int) -> Bool {
        streams[stream].hasEnded && streams[stream].byteCountAtEnd == 0
    }

    /// When something arrives, or the link turns to what waits, next.
    public var nextEvent: Duration? {
        let arrivals = streams.compactMap { $0.segments.first?.arrival }
        let isWaiting = streams.contains { $0.queuedByteCount > 0 || $0.isEndQueued }
        return (arrivals + (isWaiting ? [busyUntil] : [])).min()
    }

    /// Lets the link take from the queues what it has sent, or begun to send, by then.
    private mutating func advance(to time: Duration) {
        while busyUntil <= time {
            guard let turn = nextTurn else {
                // Idle: nothing is saved up.
                busyUntil = time
                return
            }
            nextStream = (turn + 1) % streams.count
            let count = min(streams[turn].queuedByteCount, segmentByteCount)
            if count > 0 {
                busyUntil += .seconds(Double(count) / byteRate)
                streams[turn].queuedByteCount -= count
            } else {
                streams[turn].isEndQueued = false
            }
            streams[turn].segments.append(Segment(byteCount: count, arrival: busyUntil + delay))
        }
    }

    private var nextTurn: Int? {
        streams.indices.lazy.map { ($0 + nextStream) % streams.count }
            .first { streams[$0].queuedByteCount > 0 || streams[$0].isEndQueued }
    }
}
