internal import CXenShim
internal import PosixIO

/// SIGTERM, by which libxl asks the save helper to stop.
enum Cancellation {
    /// Whether libxl asked the helper to stop.
    static var isRequested: Bool { xenshim_was_cancelled() != 0 }

    /// Lets SIGTERM wake the main thread, and make its writes to a descriptor fail.
    ///
    /// - Parameters:
    ///   - mainThread: What the main thread waits for; it must live as long as the process.
    ///   - descriptor: The stream, if libxenguest writes it by itself.
    /// - Throws: `SystemError`.
    static func handle(
        waking mainThread: Semaphore,
        closing descriptor: Int32? = nil
    ) throws(SystemError) {
        try retryingOnInterrupt("handle SIGTERM") {
            xenshim_cancel_on_sigterm(descriptor ?? -1, mainThread.pointer)
        }
    }
}
