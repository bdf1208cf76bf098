internal import Glibc
internal import PosixIO
internal import Synchronization

/// Does something once a second, on a thread of its own, until it is stopped.
final class Heartbeat: Sendable {
    private let isStopped = Mutex(false)

    /// Starts to beat.
    ///
    /// - Throws: `SystemError` if the system has no thread left.
    init(_ beat: @escaping @Sendable () -> Void) throws(SystemError) {
        try BackgroundThread.start { [self] in
            while true {
                // The thread takes no signals, which would end the sleep early.
                sleep(1)
                // Nothing happens any more once `stop` has returned.
                let goesOn = isStopped.withLock { isStopped in
                    if !isStopped { beat() }
                    return !isStopped
                }
                if !goesOn { return }
            }
        }
    }

    /// Stops; waits for a beat that is under way.
    func stop() {
        isStopped.withLock { $0 = true }
    }
}
