internal import Synchronization

/// Lets one thread go on only when the other has passed a CHECKPOINT record.
final class CheckpointGate: Sendable {
    private let passes = Semaphore()
    private let isOpenForEver = Atomic(false)

    /// Lets one waiter through, now or later.
    func open() {
        passes.post()
    }

    /// Lets everybody through from now on: there will be no more checkpoints.
    func openForEver() {
        isOpenForEver.store(true, ordering: .releasing)
        passes.post()
    }

    /// Waits for `open()`, once for each call of it.
    func waitUntilOpen() {
        guard !isOpenForEver.load(ordering: .acquiring) else { return }
        passes.wait()
    }
}
