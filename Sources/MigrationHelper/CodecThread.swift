internal import Glibc
internal import PosixIO
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
    /// `cleanup` runs after the outcome is known to others. The thread takes no signals, so that they interrupt the main thread.
    func start(
        _ body: @escaping @Sendable () throws -> String,
        cleanup: @escaping @Sendable () -> Void
    ) throws {
        let job = Job { [self] in
            do {
                let summary = try body()
                state.withLock { $0 = .finished(summary) }
            } catch {
                state.withLock { $0 = .failed(error) }
            }
            cleanup()
            mainThread.post()
        }
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let errorNumber = pthread_create(
            &thread,
            nil,
            { context in
                let job = context.map { Unmanaged<Job>.fromOpaque($0).takeRetainedValue() }
                job?.run()
                return nil
            },
            Unmanaged.passRetained(job).toOpaque()
        )
        guard errorNumber == 0 else {
            throw SystemError("start a thread", errorNumber: errorNumber)
        }
        pthread_detach(thread)
    }

    /// Waits for the thread's end, or for a cancellation.
    ///
    /// - Returns: The outcome, or `nil` if the helper was cancelled first.
    func waitForEnd() -> Outcome? {
        while outcome == nil, !Cancellation.isRequested { mainThread.wait() }
        return outcome
    }

    private final class Job {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
