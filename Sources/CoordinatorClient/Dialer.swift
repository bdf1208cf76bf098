internal import Coordination
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Makes connections to one coordinator.
struct Dialer: Sendable {
    let address: CoordinatorAddress
    /// How connections are protected, if they are.
    private let tls: NIOSSLContext?

    /// Reads the files that a protected connection needs; a Unix socket needs none.
    ///
    /// - Throws: `MutualTLSError`.
    init(_ address: CoordinatorAddress, _ tls: MutualTLS?) throws {
        self.address = address
        if case .tcp = address {
            self.tls = try tls?.clientContext()
        } else {
            self.tls = nil
        }
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - loop: What serves the connection.
    ///   - lineByteCountMaximum: No line from the coordinator may be longer.
    ///   - handler: Makes what gets the lines, each as a `ByteBuffer`.
    /// - Returns: The connection, unless it could not be made in `CoordinatorProtocol.joinSecondsMaximum`.
    func connect(
        on loop: any EventLoop,
        lineByteCountMaximum: Int,
        _ handler: @escaping @Sendable () -> any ChannelInboundHandler
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(Int64(CoordinatorProtocol.joinSecondsMaximum)))
            .channelInitializer { [tls, address] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(
                                context: tls,
                                serverHostname: address.certificateName
                            )
                        )
                    }
                    try pipeline.addHandler(
                        ByteToMessageHandler(LineDecoder(byteCountMaximum: lineByteCountMaximum))
                    )
                    try pipeline.addHandler(handler())
                }
            }
        return switch address {
        case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
        }
    }

    /// What an operator reads of an error of a connection.
    static func text(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { text(for: $0.error) }
                ?? error.dnsAError.map { text(for: $0) }
                ?? "there is no host \(error.host)"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: "nobody answers"
        default: "\(error)"
        }
    }
}
