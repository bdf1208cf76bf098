internal import CXenShim
internal import Glibc
internal import MigrationStream
internal import PosixIO
internal import Synchronization

/// Hands the bytes of a stream from one thread to another, through a bounded piece of memory.
///
/// One thread at a time writes, and one reads. The memory is mapped twice, back to back, so that
/// whatever lies in the ring lies in one piece: the reader sees it without a copy. Nobody is woken
/// in vain: the reader when all that it wants is there, a writer that found the ring full when half
/// of it is empty. The reader may want half of the ring at most; so one of them can always go on.
final class StreamRing: ByteSource, ByteSink, Sendable {
    /// Two of the largest page batches, and some more.
    static let defaultByteCount = 9 << 20

    private struct State {
        /// All that was written, all that the reader is done with.
        var writtenByteCount = 0
        var releasedByteCount = 0
        /// What the reader looks at.
        var lentByteCount = 0
        /// How much the reader waits for, if it does.
        var wantedByteCount: Int?
        var writerWaits = false
        var isFinished = false
        var isAbandoned = false

        var filledByteCount: Int { writtenByteCount - releasedByteCount }

        /// Whether the reader is to be woken, which is then no longer waiting.
        mutating func wakesReader() -> Bool {
            guard let wantedByteCount, isFinished || filledByteCount >= wantedByteCount else {
                return false
            }
            self.wantedByteCount = nil
            return true
        }
    }

    private let byteCount: Int
    // SAFETY: the writer touches what is empty, the reader what it was lent; only `deinit` unmaps.
    nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
    private let state = Mutex(State())
    private let reader = Semaphore()
    private let writer: Semaphore

    /// Maps an empty ring.
    ///
    /// - Parameters:
    ///   - byteCount: Its capacity, a multiple of the page size.
    ///   - writer: Wakes the thread that writes; what else wakes it does no harm.
    /// - Throws: `SystemError` if there is no memory.
    init(
        byteCount: Int = defaultByteCount,
        wakingWriter writer: Semaphore = Semaphore()
    ) throws(SystemError) {
        guard let memory = xenshim_map_ring(byteCount) else {
            throw SystemError("map a ring of \(byteCount) bytes", errorNumber: errno)
        }
        self.byteCount = byteCount
        self.memory = memory
        self.writer = writer
    }

    deinit { xenshim_unmap_ring(memory, byteCount) }

    // MARK: The writer

    /// Copies pieces into the ring; the reader sees them when all are in it, or it is full.
    ///
    /// - Throws: `SystemError`: `EPIPE` if the reader has gone, `ECANCELED` after SIGTERM.
    func write(_ pieces: [UnsafeRawBufferPointer]) throws(SystemError) {
        var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        var filledByteCount = 0
        for piece in pieces {
            var rest = piece
            while !rest.isEmpty {
                if filledByteCount == room.count {
                    publish(filledByteCount)
                    room = try waitForRoom()
                    filledByteCount = 0
                }
                let part = rest.prefix(room.count - filledByteCount)
                UnsafeMutableRawBufferPointer(rebasing: room[filledByteCount...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
                filledByteCount += part.count
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            }
        }
        publish(filledByteCount)
    }

    /// All that was written so far.
    var writtenByteCount: Int { state.withLock { $0.writtenByteCount } }

    /// Says that nothing more will be written.
    func finish() {
        let wakesReader = state.withLock { state in
            state.isFinished = true
            return state.wakesReader()
        }
        if wakesReader { reader.post() }
    }

    private func publish(_ byteCount: Int) {
        let wakesReader = state.withLock { state in
            state.writtenByteCount += byteCount
            return state.wakesReader()
        }
        if wakesReader { reader.post() }
    }

    /// All that is empty, in one piece.
    private func waitForRoom() throws(SystemError) -> UnsafeMutableRawBufferPointer {
        while true {
            let (state, isAbandoned) = state.withLock { state in
                state.writerWaits = state.filledByteCount == byteCount
                return (state, state.isAbandoned)
            }
            if Cancellation.isRequested { throw Self.error(ECANCELED) }
            if isAbandoned { throw Self.error(EPIPE) }
            guard state.writerWaits else {
                return UnsafeMutableRawBufferPointer(
                    start: memory + state.writtenByteCount % byteCount,
                    count: byteCount - state.filledByteCount
                )
            }
            writer.wait()
        }
    }

    private static func error(_ errorNumber: Int32) -> SystemError {
        SystemError("hand the stream over", errorNumber: errorNumber)
    }

    // MARK: The reader

    /// Lends the next bytes, until the next call.
    ///
    /// - Parameters:
    ///   - byteCount: How many are wanted: at most half of the ring's capacity.
    ///   - scratch: Not needed.
    /// - Returns: The bytes, in the ring; fewer than wanted only at the end of the stream.
    func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        precondition(byteCount <= self.byteCount / 2)
        release()
        while true {
            let bytes = state.withLock { state -> Range<Int>? in
                guard state.isFinished || state.filledByteCount >= byteCount else {
                    state.wantedByteCount = byteCount
                    return nil
                }
                state.lentByteCount = min(byteCount, state.filledByteCount)
                let start = state.releasedByteCount % self.byteCount
                return start..<start + state.lentByteCount
            }
            if let bytes {
                return UnsafeRawBufferPointer(start: memory + bytes.lowerBound, count: bytes.count)
            }
            reader.wait()
        }
    }

    /// Copies the next bytes until the buffer is full or the stream ends.
    ///
    /// - Returns: How many bytes there were.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var filledByteCount = 0
        while filledByteCount < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filledByteCount...])
            let bytes = next(min(rest.count, byteCount / 2), scratch: rest)
            if bytes.isEmpty { break }
            rest.copyMemory(from: bytes)
            filledByteCount += bytes.count
        }
        return filledByteCount
    }

    /// Says that nothing more will be read: the writer's next call fails.
    func abandon() {
        state.withLock { $0.isAbandoned = true }
        writer.post()
    }

    private func release() {
        let wakesWriter = state.withLock { state in
            state.releasedByteCount += state.lentByteCount
            state.lentByteCount = 0
            guard state.writerWaits, state.filledByteCount <= byteCount / 2 else { return false }
            state.writerWaits = false
            return true
        }
        if wakesWriter { writer.post() }
    }
}
