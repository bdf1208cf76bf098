internal import Coordination
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// An address at which members, and operators if it is a local one, are served.
final class Listener: Sendable {
    /// Where it listens; the port is the one that the system chose, if it was to choose.
    let address: CoordinatorAddress
    private let channel: any Channel
    private let socketFile: UnixSocketFile?

    private init(_ address: CoordinatorAddress, _ channel: any Channel, _ file: UnixSocketFile?) {
        self.address = address
        self.channel = channel
        socketFile = file
    }

    /// Refuses to serve other hosts without TLS.
    static func check(_ address: CoordinatorAddress, hasTLS: Bool) throws(CoordinatorError) {
        guard address.isLocal || hasTLS else { throw .unprotected(address) }
    }

    /// Starts to listen, at TCP addresses with TLS if there is any; or throws `CoordinatorError`.
    static func start(
        at address: CoordinatorAddress,
        tls: NIOSSLContext?,
        engine: Engine,
        limits: CoordinatorLimits,
        journal: Journal,
        on group: any EventLoopGroup
    ) async throws -> Listener {
        try check(address, hasTLS: tls != nil)
        let table = ConnectionTable(limits)
        let isLocal = address.isLocal
        let tls = address.isUnix ? nil : tls
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: receiveByteCount)
            )
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: limits.unreadByteCount / 2, high: limits.unreadByteCount)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(
                        ConnectionHandler(
                            engine: engine,
                            table: table,
                            limits: limits,
                            journal: journal,
                            isLocal: isLocal
                        )
                    )
                }
            }
        do {
            switch address {
            case .unix(let path):
                let file = try UnixSocketFile(path: path)
                let channel = try await bootstrap.withBoundSocket(file.descriptor).get()
                return Listener(address, channel, file)
            case .tcp(let host, let port):
                let channel =
                    try await bootstrap
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host, port: port).get()
                let bound = CoordinatorAddress.tcp(
                    host: host,
                    port: channel.localAddress?.port ?? port
                )
                return Listener(bound, channel, nil)
            }
        } catch let error as CoordinatorError {
            throw error
        } catch {
            throw CoordinatorError.listen(address, reason: "\(error)")
        }
    }

    /// Ends listening; connections stay.
    func stop() async {
        try? await channel.close()
        socketFile?.remove()
    }

    /// No connection has more bytes on their way through us.
    private static let receiveByteCount = 8192
}

extension CoordinatorAddress {
    fileprivate var isUnix: Bool {
        if case .unix = self { true } else { false }
    }
}
