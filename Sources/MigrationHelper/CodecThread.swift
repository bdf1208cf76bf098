internal import Synchronization

/// The thread that encodes or decodes while libxenguest works on the main thread.
final class CodecThread: Sendable {
    /// How the thread ended.
    enum Outcome: Sendable {
        /// It came to the end; in words, what it did.
        case finished(String)
        case failed(any Error)
    }

    private let state = Mutex<Outcome?>(nil)
    private let mainThread: Semaphore

    /// Makes a thread that wakes the main thread when it ends.
    init(waking mainThread: Semaphore = Semaphore()) {
        self.mainThread = mainThread
    }

    /// How the thread ended, if it has.
    var outcome: Outcome? { state.withLock { $0 } }

    /// Starts `body`, which returns what it did, in words.
    ///
    /// `cleanup` runs after the outcome is known to others.
    func start(
        _ body: @escaping @Sendable () throws -> String,
        cleanup: @escaping @Sendable () -> Void
    ) throws {
        try BackgroundThread.start { [self] in
            do {
                let summary = try body()
                state.withLock { $0 = .finished(summary) }
            } catch {
                state.withLock { $0 = .failed(error) }
            }
            cleanup()
            mainThread.post()
        }
    }

    /// Waits for the thread's end, or for a cancellation.
    ///
    /// - Returns: The outcome, or `nil` if the helper was cancelled first.
    func waitForEnd() -> Outcome? {
        while outcome == nil, !Cancellation.isRequested { mainThread.wait() }
        return outcome
    }
}
