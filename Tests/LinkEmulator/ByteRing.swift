internal import Glibc
internal import PosixIO

/// The bytes that are in the link: a ring of fixed size, read from and written to descriptors.
struct ByteRing: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer
    private var start = 0
    private(set) var byteCount = 0

    init(capacityByteCount: Int) {
        bytes = .allocate(byteCount: capacityByteCount, alignment: 64)
    }

    deinit { bytes.deallocate() }

    /// Reads what there is, at most so much; nothing at the end of the stream.
    mutating func read(atMost maximum: Int, from descriptor: Int32) throws(SystemError) -> Int {
        precondition(maximum <= bytes.count - byteCount)
        let pieces = pieces(from: start + byteCount, maximum)
        let count = try retryingOnInterrupt("read standard input") {
            readv(descriptor, pieces, Int32(pieces.count))
        }
        byteCount += count
        return count
    }

    /// Writes what the descriptor takes at once, at most so much.
    mutating func write(atMost maximum: Int, to descriptor: Int32) throws(SystemError) -> Int {
        precondition(maximum <= byteCount)
        let pieces = pieces(from: start, maximum)
        let count = try retryingOnInterrupt("write standard output") {
            let count = writev(descriptor, pieces, Int32(pieces.count))
            return count < 0 && errno == EAGAIN ? 0 : count
        }
        start = (start + count) % bytes.count
        byteCount -= count
        return count
    }

    /// One piece, or two around the end of the ring.
    private func pieces(from position: Int, _ byteCount: Int) -> [iovec] {
        let first = position % bytes.count
        let firstCount = min(byteCount, bytes.count - first)
        guard let base = bytes.baseAddress else { return [] }
        return [
            iovec(iov_base: base + first, iov_len: firstCount),
            iovec(iov_base: base, iov_len: byteCount - firstCount),
        ]
    }
}
