internal import Glibc
internal import LinkModel
internal import PosixIO

/// Moves bytes from one descriptor to another when the model of the link says so.
struct Relay: ~Copyable {
    /// What went over the link so far.
    private(set) var record = RelayRecord()

    private var link: Link
    private var ring: ByteRing
    private let ends: DescriptorPair
    private let wakingByteCount: Int
    private var isInputAtEnd = false
    private var isOutputFull = false

    /// A relay over an empty link; the output is set to never block.
    init(
        _ link: Link,
        capacityByteCount: Int,
        from input: Int32,
        to output: Int32
    ) throws(SystemError) {
        self.link = link
        ends = DescriptorPair(input: input, output: output)
        wakingByteCount = link.properties.wakingByteCount
        ring = ByteRing(capacityByteCount: capacityByteCount)
        let flags = try retryingOnInterrupt("look at standard output") { fcntl(output, F_GETFL) }
        try retryingOnInterrupt("set standard output") {
            fcntl(output, F_SETFL, flags | O_NONBLOCK)
        }
    }

    /// Moves bytes until all have come out, the end of the stream too.
    ///
    /// - Throws: `SystemError` if an end is gone, `BrokenConnection` after too long a cut.
    mutating func run() throws {
        defer { record.stallCount = link.stallCount }
        while true {
            if let breakTime = link.breakTime, now >= breakTime {
                throw BrokenConnection(timeout: link.properties.timeout)
            }
            try writeArrived()
            if link.hasEnded(at: now) { return }
            try wait()
        }
    }

    /// The time since the first byte; zero before it.
    private var now: Duration {
        record.firstByteIn.map { Self.monotonicTime - $0 } ?? .zero
    }

    private mutating func writeArrived() throws(SystemError) {
        let arrivedByteCount = link.arrivedByteCount(at: now)
        isOutputFull = false
        guard arrivedByteCount > 0 else { return }
        let count = try ring.write(atMost: arrivedByteCount, to: ends.output)
        link.take(count)
        isOutputFull = count < arrivedByteCount
        guard count > 0 else { return }
        record.byteCount += count
        record.lastByteOut = Self.monotonicTime
    }

    private mutating func readMore() throws(SystemError) {
        let count = try ring.read(atMost: link.freeByteCount, from: ends.input)
        if record.firstByteIn == nil { record.firstByteIn = Self.monotonicTime }
        if count > 0 {
            link.send(count, at: now)
        } else {
            isInputAtEnd = true
            link.sendEnd(at: now)
        }
    }

    /// Waits for bytes at the input, an arrival, or room at the output; reads what came.
    private mutating func wait() throws(SystemError) {
        let hasRoom = link.freeByteCount >= wakingByteCount
        let isReadable = try ends.wait(
            forInput: hasRoom && !isInputAtEnd,
            forOutput: isOutputFull,
            atMost: timeUntilNextEvent
        )
        if isReadable { try readMore() }
    }

    /// How long nothing happens by itself; nothing if that is for ever.
    private var timeUntilNextEvent: Duration? {
        var times: [Duration] = []
        // What arrives behind what waits for the reader must wait as well.
        if !isOutputFull, let arrival = link.nextArrival { times.append(arrival) }
        if record.firstByteIn != nil, let breakTime = link.breakTime { times.append(breakTime) }
        return times.min().map { max(.zero, $0 - now) }
    }

    private static var monotonicTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// The link was cut for longer than its ends wait.
struct BrokenConnection: Error, CustomStringConvertible {
    let timeout: Duration

    var description: String { "the connection broke: the link carried nothing for \(timeout)" }
}
