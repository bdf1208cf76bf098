import Glibc
import ReportSupport

/// Reads a pipe no faster than a link would take the bytes.
///
/// A token bucket: every two milliseconds the reader may take what the link carries in that time.
/// Capacity that is not used is lost, as on a real link, but for the five milliseconds that the
/// bucket holds.
struct ThrottledReader {
    private static let tick = Duration.milliseconds(2)
    private static let bucketSeconds = 0.005
    private static let bufferByteCount = 1 << 20

    let link: Link

    /// Reads until the writer closes the pipe.
    ///
    /// - Returns: The number of bytes that came.
    func drain(_ descriptor: Int32) throws -> Int {
        let buffer = UnsafeMutableRawPointer.allocate(
            byteCount: Self.bufferByteCount,
            alignment: 64
        )
        defer { buffer.deallocate() }
        let start = ContinuousClock.now
        var last = start
        var tokens = 0.0
        var total = 0
        while true {
            var wanted = Self.bufferByteCount
            let now = ContinuousClock.now
            if let byteRate = link.byteRate(atSeconds: (now - start) / .seconds(1)) {
                let earned = byteRate * ((now - last) / .seconds(1))
                tokens = min(tokens + earned, byteRate * Self.bucketSeconds)
                wanted = min(Int(tokens), Self.bufferByteCount)
            }
            last = now
            guard wanted > 0 else {
                sleep(Self.tick)
                continue
            }
            let count = read(descriptor, buffer, wanted)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ReportError.cannotRead(errorNumber: errno) }
            if count == 0 { return total }
            total += count
            tokens -= Double(count)
        }
    }

    private func sleep(_ duration: Duration) {
        var time = timespec(tv_sec: 0, tv_nsec: Int(duration / .nanoseconds(1)))
        nanosleep(&time, nil)
    }
}
