internal import Synchronization

/// Lets one thread go on only when the other has passed a CHECKPOINT record.
final class CheckpointGate: Sendable {
    private let waiter: Semaphore
    private let passCount = Atomic(0)
    private let isOpenForEver = Atomic(false)

    /// Makes a closed gate; `waiter` wakes the thread that waits.
    init(waking waiter: Semaphore = Semaphore()) {
        self.waiter = waiter
    }

    /// Lets the waiter through once, now or later.
    func open() {
        passCount.wrappingAdd(1, ordering: .releasing)
        waiter.post()
    }

    /// Lets the waiter through from now on: there will be no more checkpoints.
    func openForEver() {
        isOpenForEver.store(true, ordering: .releasing)
        waiter.post()
    }

    /// Waits for `open()`, once for each call of it, or for a cancellation.
    func waitUntilOpen() {
        while !isOpenForEver.load(ordering: .acquiring), !Cancellation.isRequested {
            if passCount.load(ordering: .acquiring) > 0 {
                passCount.wrappingSubtract(1, ordering: .relaxed)
                return
            }
            waiter.wait()
        }
    }
}
