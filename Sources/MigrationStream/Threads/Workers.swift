internal import Glibc
internal import Synchronization

/// Threads that do the same work together until it is done or one of them fails.
final class Workers: Sendable {
    private let outcome = Mutex<Result<Void, any Error>?>(nil)
    private let nextTicket = Atomic(0)
    private let ended = Turns()

    /// Numbers for `Turns`, each given out once, in order.
    func takeTicket() -> Int {
        nextTicket.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    /// Says that all is done; `run` returns.
    func finish() {
        end(.success(()))
    }

    /// Says that the work has failed; `run` throws the error, unless another came first.
    func fail(_ error: any Error) {
        end(.failure(error))
    }

    /// Runs `body` on so many threads, or on this one if one is enough.
    ///
    /// It does not wait for threads that still are in a call of the system when the outcome is
    /// known: they hold what they need and end by themselves. They take no signals.
    ///
    /// - Parameters:
    ///   - threadCount: How many threads; at least one.
    ///   - body: The work of one thread, which is told its number from 0; one of them must call
    ///     `finish` or `fail`.
    /// - Throws: What `fail` was told first, or `StreamError.threadNotStarted`.
    func run(threadCount: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
        if threadCount == 1 {
            body(0)
        } else {
            for number in 0..<threadCount {
                guard Self.start({ body(number) }) else {
                    fail(StreamError.threadNotStarted)
                    break
                }
            }
            _ = ended.enter(1)
        }
        try outcome.withLock { $0 }?.get()
    }

    private func end(_ result: Result<Void, any Error>) {
        outcome.withLock { if $0 == nil { $0 = result } }
        ended.close()
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // A fault is the thread's own; blocked, it would end the program without its handler.
        for fault in [SIGBUS, SIGSEGV, SIGILL, SIGFPE] { sigdelset(&all, fault) }
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let job = Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let errorNumber = pthread_create(
            &thread,
            nil,
            { context in
                context.map { Unmanaged<Job>.fromOpaque($0).takeRetainedValue() }?.body()
                return nil
            },
            job.toOpaque()
        )
        guard errorNumber == 0 else {
            job.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Job {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
