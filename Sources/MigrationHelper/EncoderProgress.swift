internal import MigrationStream
internal import Synchronization

/// How far the encoding thread has come, for the main thread to ask and to wait for.
final class EncoderProgress: Sendable {
    private struct State {
        var statistics = StreamStatistics()
        var awaitedStockByteCount: Int?
    }

    private let state = Mutex(State())
    private let mainThread: Semaphore

    init(waking mainThread: Semaphore) {
        self.mainThread = mainThread
    }

    /// What was written so far.
    var statistics: StreamStatistics { state.withLock { $0.statistics } }

    /// Notes what was written.
    func note(_ statistics: StreamStatistics) {
        let isAwaited = state.withLock { state in
            state.statistics = statistics
            guard let awaited = state.awaitedStockByteCount,
                statistics.stockByteCount >= awaited
            else { return false }
            state.awaitedStockByteCount = nil
            return true
        }
        if isAwaited { mainThread.post() }
    }

    /// Waits on the main thread until so much of libxenguest's stream was encoded and written.
    ///
    /// - Parameters:
    ///   - byteCount: The length of the stream until there.
    ///   - isInVain: Whether that will not happen any more; what makes it so wakes the main thread.
    func wait(forStockByteCount byteCount: Int, isInVain: () -> Bool) {
        while !isInVain() {
            let isReached = state.withLock { state in
                let isReached = state.statistics.stockByteCount >= byteCount
                state.awaitedStockByteCount = isReached ? nil : byteCount
                return isReached
            }
            if isReached { return }
            mainThread.wait()
        }
    }
}
