package import Coordination
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// What a coordinator is told when it starts.
package struct CoordinatorOptions: Sendable {
    /// Where it serves members and operators.
    package var addresses: [CoordinatorAddress]
    /// The rules of all applications.
    package var rules = RulesTable()
    /// For all TCP addresses, if any.
    package var tls: ServerTLS?
    /// Where it serves the web page and metrics, if anywhere.
    package var webAddress: CoordinatorAddress?
    /// What others may take of it.
    package var limits = CoordinatorLimits()

    package init(addresses: [CoordinatorAddress]) {
        self.addresses = addresses
    }
}

/// The coordinator: it serves members and operators at all its addresses until it is stopped.
package final class Coordinator: Sendable {
    /// Where it listens, with the ports that the system chose.
    package let addresses: [CoordinatorAddress]

    private let engine: Engine
    private let store: StoreThread
    private let listeners: [Listener]
    private let journal: Journal
    private let engineThread: MultiThreadedEventLoopGroup
    private let connectionThreads: MultiThreadedEventLoopGroup

    /// TLS and JSON are done on these, so that neither keeps the engine waiting.
    private static let connectionThreadCount = 2

    private init(
        _ parts: Parts,
        listeners: [Listener]
    ) {
        addresses = listeners.map(\.address)
        engine = parts.engine
        store = parts.store
        journal = parts.journal
        engineThread = parts.engineThread
        connectionThreads = parts.connectionThreads
        self.listeners = listeners
    }

    private struct Parts {
        let engine: Engine
        let store: StoreThread
        let journal: Journal
        let engineThread: MultiThreadedEventLoopGroup
        let connectionThreads: MultiThreadedEventLoopGroup
    }

    /// Takes up the groups that the store has, and listens.
    ///
    /// - Throws: `CoordinatorError`.
    package static func start(
        _ options: CoordinatorOptions,
        store: any GroupStore,
        journal: Journal
    ) async throws -> Coordinator {
        let tls = try options.tls?.context()
        for address in options.addresses { try Listener.check(address, hasTLS: tls != nil) }
        let storeThread = StoreThread(store)
        let records = try await storeThread.records()
        let engineThread = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = engineThread.next()
        let engine = try await loop.submit {
            Engine(
                rules: options.rules,
                store: storeThread,
                limits: options.limits,
                journal: journal,
                on: loop
            )
        }.get()
        engine.start(with: records)
        let parts = Parts(
            engine: engine,
            store: storeThread,
            journal: journal,
            engineThread: engineThread,
            connectionThreads: MultiThreadedEventLoopGroup(numberOfThreads: connectionThreadCount)
        )
        var listeners: [Listener] = []
        do {
            for address in options.addresses {
                listeners.append(
                    try await Listener.start(
                        at: address,
                        tls: tls,
                        engine: engine,
                        limits: options.limits,
                        journal: journal,
                        on: parts.connectionThreads
                    )
                )
                journal.log(.info, "listens at \(listeners[listeners.count - 1].address)")
            }
            if let address = options.webAddress {
                try await serveWeb(at: address, parts)
            }
        } catch {
            try? await Coordinator(parts, listeners: listeners).stop()
            throw error
        }
        return Coordinator(parts, listeners: listeners)
    }

    private static func serveWeb(at address: CoordinatorAddress, _ parts: Parts) async throws {
        let engine = parts.engine
        do {
            _ = try await WebServer.start(
                address: address,
                group: parts.connectionThreads,
                snapshots: { engine.snapshots() }
            ).get()
        } catch {
            throw CoordinatorError.listen(address, reason: "\(error)")
        }
        parts.journal.log(.info, "serves the web page at \(address)")
    }

    /// Returns once the coordinator has been stopped.
    ///
    /// - Throws: `CoordinatorError`, as soon as it cannot go on; it is still to be stopped.
    package func untilEnd() async throws {
        try await engine.end.get()
    }

    /// Ends in order: members go on holding, and look for the coordinator.
    package func stop() async throws {
        for listener in listeners { await listener.stop() }
        // What has failed was told by `untilEnd`.
        try? await engine.finish().get()
        try await connectionThreads.shutdownGracefully()
        try await engineThread.shutdownGracefully()
        try await store.close()
        if !listeners.isEmpty { journal.log(.info, "has ended; members hold and look for it") }
        journal.flush()
    }
}
