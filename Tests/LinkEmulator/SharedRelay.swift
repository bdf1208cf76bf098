internal import Glibc
internal import LinkModel
internal import PosixIO

/// Moves the bytes of several streams over one link, which they share.
///
/// Stream i comes from descriptor 3 + 2 i and goes to the next one.
struct SharedRelay {
    /// More descriptors than that are no matter for `pselect` here.
    static let streamCountMaximum = 30

    private struct Stream {
        let input: Int32
        let output: Int32
        var isInputAtEnd = false
        var isOutputFull = false
        var isOver = false
    }

    /// What went over the link so far, by stream.
    private(set) var records: [RelayRecord]

    private var link: SharedLink
    private let rings: RingList
    private var streams: [Stream]
    private let wakingByteCount: Int
    private let start = monotonicTime

    /// A relay over an empty link; the outputs are set to never block.
    init(_ properties: LinkProperties, streamCount: Int) throws {
        link = try SharedLink(properties, streamCount: streamCount)
        wakingByteCount = properties.wakingByteCount
        rings = RingList(count: streamCount, capacityByteCount: properties.capacityByteCount)
        records = Array(repeating: RelayRecord(), count: streamCount)
        streams = (0..<Int32(streamCount)).map { Stream(input: 3 + 2 * $0, output: 4 + 2 * $0) }
        for stream in streams {
            let output = stream.output
            let flags = try retryingOnInterrupt("look at descriptor \(output)") {
                fcntl(output, F_GETFL)
            }
            try retryingOnInterrupt("set descriptor \(output)") {
                fcntl(output, F_SETFL, flags | O_NONBLOCK)
            }
        }
    }

    /// Moves bytes until all have come out, the ends of the streams too.
    ///
    /// - Throws: `SystemError` if an end of a stream is gone.
    mutating func run() throws {
        while true {
            for index in streams.indices where !streams[index].isOver { try writeArrived(index) }
            if streams.allSatisfy(\.isOver) { return }
            try waitAndRead()
        }
    }

    private var now: Duration { monotonicTime - start }

    private mutating func writeArrived(_ index: Int) throws(SystemError) {
        let arrivedByteCount = link.arrivedByteCount(index, at: now)
        streams[index].isOutputFull = false
        if arrivedByteCount > 0 {
            let count = try rings[index].write(
                atMost: arrivedByteCount,
                to: streams[index].output
            )
            link.take(count, of: index)
            streams[index].isOutputFull = count < arrivedByteCount
            if count > 0 {
                records[index].byteCount += count
                records[index].lastByteOut = monotonicTime
            }
        }
        guard link.hasEnded(index) else { return }
        close(streams[index].output)
        streams[index].isOver = true
    }

    /// Waits for bytes at an input, an arrival, or room at an output; reads what came.
    private mutating func waitAndRead() throws(SystemError) {
        var reading: UInt64 = 0
        var writing: UInt64 = 0
        var isFull = false
        for (index, stream) in streams.enumerated() {
            if !stream.isInputAtEnd, link.freeByteCount(index) >= wakingByteCount {
                reading |= 1 << UInt64(stream.input)
            }
            if stream.isOutputFull {
                writing |= 1 << UInt64(stream.output)
                isFull = true
            }
        }
        // What has arrived and finds no room would be an event without end.
        let time = link.nextEvent.map { max($0 - now, isFull ? .milliseconds(1) : .zero) }
        let readable = try Self.wait(forInput: reading, forOutput: writing, atMost: time)
        for (index, stream) in streams.enumerated()
        where readable & 1 << UInt64(stream.input) != 0 {
            try readMore(index)
        }
    }

    private mutating func readMore(_ index: Int) throws(SystemError) {
        let count = try rings[index].read(
            atMost: link.freeByteCount(index),
            from: streams[index].input
        )
        if records[index].firstByteIn == nil { records[index].firstByteIn = monotonicTime }
        if count > 0 {
            link.send(count, of: index, at: now)
        } else {
            streams[index].isInputAtEnd = true
            link.sendEnd(of: index, at: now)
        }
    }

    /// Waits until something can be done or the time is over, which is for ever without one.
    ///
    /// - Returns: The inputs that can be read. Sets of descriptors are bits.
    private static func wait(
        forInput input: UInt64,
        forOutput output: UInt64,
        atMost time: Duration?
    ) throws(SystemError) -> UInt64 {
        var readable = fd_set()
        withUnsafeMutableBytes(of: &readable) { $0.storeBytes(of: input, as: UInt64.self) }
        var writable = fd_set()
        withUnsafeMutableBytes(of: &writable) { $0.storeBytes(of: output, as: UInt64.self) }
        let (seconds, attoseconds) = (time ?? .zero).components
        var timeout = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        let count = withUnsafePointer(to: &timeout) { timeout in
            pselect(64, &readable, &writable, nil, time == nil ? nil : timeout, nil)
        }
        if count < 0, errno != EINTR { throw SystemError("wait", errorNumber: errno) }
        guard count > 0 else { return 0 }
        return withUnsafeBytes(of: readable) { $0.load(as: UInt64.self) }
    }
}

/// The rings of several streams, which cannot be copied and so have no place in an array.
private final class RingList {
    private let rings: UnsafeMutableBufferPointer<ByteRing>

    init(count: Int, capacityByteCount: Int) {
        rings = .allocate(capacity: count)
        for index in 0..<count {
            rings.initializeElement(at: index, to: ByteRing(capacityByteCount: capacityByteCount))
        }
    }

    deinit {
        rings.deinitialize()
        rings.deallocate()
    }

    subscript(index: Int) -> ByteRing {
        _read { yield rings[index] }
        _modify { yield &rings[index] }
    }
}

private var monotonicTime: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
