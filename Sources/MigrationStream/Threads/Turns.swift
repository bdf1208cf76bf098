internal import Glibc

/// Lets threads through a section one at a time, in the order of their tickets.
///
/// A stage of a pipeline that has an order, such as reading or writing, is such a section; what lies
/// between two of them runs side by side. Ticket 0 is first.
final class Turns: @unchecked Sendable {
    // SAFETY: all state is touched with the mutex held only; only `deinit` frees the two objects.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var current = 0
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Waits for the turn of a ticket; `leave()` must follow.
    ///
    /// - Returns: Whether the turn came: not if the section was closed before.
    func enter(_ ticket: Int) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while current != ticket, !isClosed { pthread_cond_wait(changed, mutex) }
        return !isClosed
    }

    /// Ends a turn: the next ticket's comes.
    func leave() {
        pthread_mutex_lock(mutex)
        current += 1
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Ends all turns: nobody gets through any more.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}
