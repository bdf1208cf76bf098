internal import Coordination
internal import NIOCore

/// Passes on what a member's connection to the coordinator brings.
final class MemberHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let member: GroupMember
    private var reason = "it has closed the connection"

    init(_ member: GroupMember) {
        self.member = member
    }

    func channelActive(context: ChannelHandlerContext) {
        member.connects(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(Refusal) {
            let line = unwrapInboundIn(data).readableBytesView
            let message = try CoordinatorMessage(line: line)
            if case .refusal(let refusal) = message { throw refusal }
            member.hears(message)
        } catch {
            reason = error.reason
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = Dialer.text(for: error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        member.disconnects(context.channel, reason: reason)
    }
}
