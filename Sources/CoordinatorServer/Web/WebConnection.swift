internal import NIOCore
internal import NIOHTTP1

/// One connection: one request, one answer, and the end.
final class WebConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answers: WebAnswers
    private let limits: WebLimits
    private var deadline: Scheduled<Void>?
    private var hasRequest = false

    /// Waits for a request once the connection is active.
    init(answers: WebAnswers, limits: WebLimits) {
        self.answers = answers
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        end(context.channel, within: limits.requestTime)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let request) = unwrapInboundIn(data), !hasRequest else { return }
        hasRequest = true
        end(context.channel, within: limits.answerTime)
        let channel = context.channel
        let hasBody = request.method != .HEAD
        do {
            answers.answer(try WebResource(request)).whenSuccess { answer in
                Self.send(answer, hasBody: hasBody, on: channel)
            }
        } catch {
            Self.send(.refusal(error), hasBody: hasBody, on: channel)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // NIO closes the connection as soon as this returns.
        if !hasRequest, let error = error as? HTTPParserError {
            let refusal: WebRefusal = error == .headerOverflow ? .headTooLong : .damaged
            Self.send(.refusal(refusal), hasBody: true, on: context.channel)
        } else {
            context.close(promise: nil)
        }
        hasRequest = true
    }

    private func end(_ channel: any Channel, within time: TimeAmount) {
        deadline?.cancel()
        deadline = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private static func send(_ answer: WebAnswer, hasBody: Bool, on channel: any Channel) {
        channel.write(HTTPServerResponsePart.head(answer.head), promise: nil)
        if hasBody {
            channel.write(HTTPServerResponsePart.body(.byteBuffer(answer.body)), promise: nil)
        }
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
