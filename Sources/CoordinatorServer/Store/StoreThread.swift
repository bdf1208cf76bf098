internal import Coordination
internal import NIOCore
internal import NIOPosix

/// The one thread that waits for the disk.
final class StoreThread: Sendable {
    private let store: any GroupStore
    private let threads = NIOThreadPool(numberOfThreads: 1)

    init(_ store: any GroupStore) {
        self.store = store
        threads.start()
    }

    /// All that is kept.
    func records() async throws -> [GroupRecord] {
        try await threads.runIfActive { [store] in try store.records() }
    }

    /// Changes what is kept; done when it is safe.
    func write(_ changes: [GroupChange], on loop: any EventLoop) -> EventLoopFuture<Void> {
        threads.runIfActive(eventLoop: loop) { [store] in try store.write(changes) }
    }

    /// Closes the store and ends the thread.
    func close() async throws {
        try await threads.runIfActive { [store] in try store.close() }
        try await threads.shutdownGracefully()
    }
}
