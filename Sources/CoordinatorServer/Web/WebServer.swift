internal import Coordination
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The coordinator's live page and metrics, for a browser and for Prometheus; read only.
enum WebServer {
    /// Starts to listen.
    ///
    /// All its work is done on one event loop of the group.
    ///
    /// - Parameters:
    ///   - address: A Unix socket, or a loopback address: there is no TLS.
    ///   - group: Where it runs.
    ///   - limits: What clients may take.
    ///   - snapshots: Asks the coordinator how its groups are; called a few times a second at most.
    /// - Returns: The listener, to be closed at the end; or `WebServerError`, or what the system says
    ///   about the address.
    static func start(
        address: CoordinatorAddress,
        group: any EventLoopGroup,
        limits: WebLimits = WebLimits(),
        snapshots: @escaping @Sendable () -> EventLoopFuture<[GroupSnapshot]>
    ) -> EventLoopFuture<any Channel> {
        let eventLoop = group.next()
        guard address.isLocal else {
            return eventLoop.makeFailedFuture(WebServerError.addressNotLocal(address))
        }
        let answers = WebAnswers(on: eventLoop, age: limits.answerAge, snapshots: snapshots)
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations
                        .addHandler(ConnectionLimit(limits.connectionCount))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false,
                        withErrorHandling: false,
                        withEncoderConfiguration: .init(),
                        withDecoderLimitConfiguration: limits.decoder
                    )
                    try pipeline.addHandler(WebConnection(answers: answers, limits: limits))
                }
            }
        switch address {
        case .unix(let path):
            return bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
        case .tcp(let host, let port):
            return bootstrap.bind(host: host, port: port)
        }
    }
}

/// What those who ask may take.
struct WebLimits: Sendable {
    /// More connections at one time are closed at once.
    var connectionCount = 64
    /// How long a request may take to arrive.
    var requestTime = TimeAmount.seconds(5)
    /// How long it may then take to answer, and to read the answer.
    var answerTime = TimeAmount.seconds(30)
    /// How long an answer serves others too.
    var answerAge = TimeAmount.milliseconds(500)
    /// No header, and no target, has more bytes.
    var headerByteCount = 8 << 10
    /// No request has more headers.
    var headerCount = 64

    var decoder: NIOHTTPDecoderLimitConfiguration {
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = headerByteCount
        decoder.maxHeaderListSize = 4 * headerByteCount
        decoder.maxHeaderFieldCount = headerCount
        return decoder
    }
}

/// Why there is no page.
enum WebServerError: Error, Equatable, CustomStringConvertible {
    /// The address can be reached from other hosts.
    case addressNotLocal(CoordinatorAddress)

    var description: String {
        switch self {
        case .addressNotLocal(let address):
            """
            the web page would be open to other hosts at \(address): use a Unix socket or a \
            loopback address, and a tunnel or a proxy with TLS in front of it
            """
        }
    }
}

/// Closes connections that are one too many.
private final class ConnectionLimit: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let maximum: Int
    private var count = 0

    init(_ maximum: Int) { self.maximum = maximum }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = unwrapInboundIn(data)
        guard count < maximum else {
            connection.close(promise: nil)
            return
        }
        count += 1
        connection.closeFuture.hop(to: context.eventLoop).assumeIsolated()
            .whenComplete { _ in self.count -= 1 }
        context.fireChannelRead(data)
    }
}
