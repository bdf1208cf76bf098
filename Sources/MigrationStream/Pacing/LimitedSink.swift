/// A sink that is written no faster than a limit allows.
///
/// A write lasts as long as its bytes need, so that whoever measures it sees a link of that rate. It
/// asks for the limit again after each sleep, at least a hundred times a second: then a change of it
/// takes effect.
public struct LimitedSink<Base: ByteSink>: ByteSink {
    private var base: Base
    private let limit: BandwidthLimit
    private var bucket: TokenBucket
    private let now: () -> Double
    private let sleep: (_ seconds: Double) throws -> Void

    private static var sleepSecondsMaximum: Double { 0.01 }

    /// Wraps a sink.
    ///
    /// - Parameters:
    ///   - base: What is written.
    ///   - limit: How fast, from now on.
    ///   - now: A clock that never goes back, in seconds since any moment.
    ///   - sleep: Waits so long; what it throws ends the write, part of which may be done.
    public init(
        _ base: Base,
        limit: BandwidthLimit,
        now: @escaping () -> Double,
        sleep: @escaping (_ seconds: Double) throws -> Void
    ) {
        self.base = base
        self.limit = limit
        self.now = now
        self.sleep = sleep
        bucket = TokenBucket(bytesPerSecond: limit.bytesPerSecond, at: now())
    }

    /// Writes all pieces, in order, as the limit allows.
    ///
    /// - Throws: What the sink or the sleep throws.
    public mutating func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        var rest = pieces[...]
        var restByteCount = pieces.reduce(0) { $0 + $1.count }
        while restByteCount > 0 {
            bucket.change(to: limit.bytesPerSecond, at: now())
            switch bucket.take(restByteCount, at: now()) {
            case .write(let byteCount):
                try base.write(Self.removeFirst(byteCount, of: &rest))
                restByteCount -= byteCount
            case .wait(let seconds):
                try sleep(min(seconds, Self.sleepSecondsMaximum))
            }
        }
    }

    /// That of the sink, and what may go out at once after a pause.
    public var bufferByteCount: Int? {
        guard let byteCount = base.bufferByteCount else { return nil }
        guard let bytesPerSecond = limit.bytesPerSecond else { return byteCount }
        // No buffer is larger than memory, whatever the limit.
        let burst = min(TokenBucket.burstByteCount(bytesPerSecond: bytesPerSecond), 1e12)
        return byteCount.addingReportingOverflow(Int(burst)).partialValue
    }

    /// That of the sink.
    public var keepsBytes: Bool { base.keepsBytes }

    /// Cuts bytes off the front.
    private static func removeFirst(
        _ byteCount: Int,
        of rest: inout ArraySlice<UnsafeRawBufferPointer>
    ) -> [UnsafeRawBufferPointer] {
        var taken: [UnsafeRawBufferPointer] = []
        var wantedByteCount = byteCount
        while wantedByteCount > 0, let piece = rest.first {
            let part = UnsafeRawBufferPointer(rebasing: piece.prefix(wantedByteCount))
            taken.append(part)
            wantedByteCount -= part.count
            if part.count == piece.count {
                rest.removeFirst()
            } else {
                rest[rest.startIndex] = UnsafeRawBufferPointer(
                    rebasing: piece.dropFirst(part.count)
                )
            }
        }
        return taken
    }
}
