internal import Glibc
internal import PosixIO

/// Threads that take no signals, so that these interrupt the main thread.
enum BackgroundThread {
    /// Runs `body` on a new thread that nobody waits for.
    ///
    /// - Throws: `SystemError` if the system has no thread left.
    static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        try withoutSignals { () throws(SystemError) in try startWithSignalsOfThis(body) }
    }

    /// Runs `body` here, with all signals blocked: threads that it starts keep them so.
    static func withoutSignals<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }

    private static func startWithSignalsOfThis(
        _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let job = Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let errorNumber = pthread_create(
            &thread,
            nil,
            { context in
                let job = context.map { Unmanaged<Job>.fromOpaque($0).takeRetainedValue() }
                job?.run()
                return nil
            },
            job.toOpaque()
        )
        guard errorNumber == 0 else {
            job.release()
            throw SystemError("start a thread", errorNumber: errorNumber)
        }
        pthread_detach(thread)
    }

    private final class Job {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
