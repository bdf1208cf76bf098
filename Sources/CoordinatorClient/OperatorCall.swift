public import Coordination
internal import Dispatch
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Asks a coordinator what an operator wants to know or have done.
public enum OperatorCall {
    /// Asks once, and waits for the answer.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - address: Where the coordinator is; it answers operators of its own host only.
    ///   - tls: What a TCP connection is protected with, if it is.
    ///   - seconds: How long to wait.
    /// - Returns: What it answers, which may be a refusal.
    /// - Throws: `OperatorCallError`, or `MutualTLSError` if its files are of no use.
    public static func ask(
        _ request: OperatorRequest,
        at address: CoordinatorAddress,
        tls: MutualTLS? = nil,
        waitingAtMost seconds: Double = 10
    ) throws -> OperatorAnswer {
        let dialer = try Dialer(address, tls)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { loops.shutdownGracefully { _ in } }
        let answer = PendingAnswer()
        dialer.connect(
            on: loops.any(),
            lineByteCountMaximum: CoordinatorProtocol.answerByteCountMaximum
        ) {
            OperatorHandler(request, answer)
        }
        .whenFailure { answer.set(.failure($0)) }
        do {
            return try answer.wait(seconds: seconds)
        } catch {
            throw OperatorCallError(address: address, reason: Dialer.text(for: error))
        }
    }
}

/// A coordinator that could not be asked.
public struct OperatorCallError: Error, CustomStringConvertible {
    /// Where it should be.
    public let address: CoordinatorAddress
    /// Why not.
    public let reason: String

    /// One line for an operator.
    public var description: String {
        "the coordinator at \(address) gave no answer: \(reason); is it running there?"
    }
}

/// What two threads know of an answer; the first one counts.
private final class PendingAnswer: Sendable {
    private let result = Mutex<Result<OperatorAnswer, any Error>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    struct TooLate: Error, CustomStringConvertible {
        let seconds: Double
        var description: String { "it took more than \(Int(seconds)) s" }
    }

    func set(_ newResult: Result<OperatorAnswer, any Error>) {
        result.withLock { if $0 == nil { $0 = newResult } }
        isThere.signal()
    }

    func wait(seconds: Double) throws -> OperatorAnswer {
        _ = isThere.wait(timeout: .now() + .milliseconds(Int(seconds * 1000)))
        guard let result = result.withLock({ $0 }) else { throw TooLate(seconds: seconds) }
        return try result.get()
    }
}

private final class OperatorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let request: OperatorRequest
    private let answer: PendingAnswer

    init(_ request: OperatorRequest, _ answer: PendingAnswer) {
        self.request = request
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.channel.writeAndFlush(ByteBuffer(bytes: request.line), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let line = unwrapInboundIn(data).readableBytesView
        answer.set(Result { try OperatorAnswer(line: line) })
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.set(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.set(.failure(ChannelError.eof))
    }
}
