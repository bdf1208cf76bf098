internal import CXenShim
internal import Glibc

/// A counting semaphore that a signal handler may post.
final class Semaphore: Sendable {
    // SAFETY: a sem_t may be used by all threads; only `deinit` frees it.
    nonisolated(unsafe) let pointer: UnsafeMutablePointer<sem_t>

    init() {
        pointer = .allocate(capacity: 1)
        sem_init(pointer, 0, 0)
    }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    func post() {
        sem_post(pointer)
    }

    /// Waits for a post, but no longer than that; a signal may end the wait early.
    func wait(milliseconds: UInt32) {
        xenshim_wait(pointer, milliseconds)
    }

    /// Waits for a post; a signal may end the wait early.
    func wait() {
        sem_wait(pointer)
    }
}
