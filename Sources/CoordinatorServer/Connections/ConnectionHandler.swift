internal import Coordination
internal import NIOCore

/// One connection: its first line says whether it is a member's or an operator's.
///
/// It reads again only when the engine has done what came before: so nobody, however fast he talks,
/// has more than one buffer of lines on its way, and all are heard in turn.
final class ConnectionHandler: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Outgoing
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case unjoined
        case member(ConnectionID)
        /// An operator's request is with the engine, or its answer on the way.
        case answering
        /// Nothing more is read.
        case ending
    }

    private let engine: Engine
    private let table: ConnectionTable
    private let limits: CoordinatorLimits
    private let journal: Journal
    private let isLocal: Bool

    private var phase = Phase.unjoined
    private var placeNumber: Int?
    private var framer = LineFramer()
    /// Messages of this turn, which the engine has not seen yet.
    private var messages: [MemberMessage] = []
    /// Whether the engine has something of ours, after which it reads on.
    private var isEngineBusy = false
    /// Whether the member has said that nothing more comes.
    private var isOver = false
    private var heardTime = NIODeadline.now()
    private var deadline: Scheduled<Void>?
    private var lastWrite: EventLoopFuture<Void>?
    private var name = "a connection"

    /// Serves a connection that is about to become active; operators only if it is local.
    init(
        engine: Engine,
        table: ConnectionTable,
        limits: CoordinatorLimits,
        journal: Journal,
        isLocal: Bool
    ) {
        self.engine = engine
        self.table = table
        self.limits = limits
        self.journal = journal
        self.isLocal = isLocal
    }

    // MARK: The beginning and the end

    func channelActive(context: ChannelHandlerContext) {
        let address = context.remoteAddress.flatMap { $0.ipAddress.map { " from \($0)" } } ?? ""
        name += address
        switch table.admit(context.channel) {
        case .full:
            journal.strangers(.warning, "\(name) is refused: there are too many connections")
            phase = .ending
            context.close(promise: nil)
            return
        case .admitted(let number, let oldest):
            placeNumber = number
            if let oldest {
                journal.strangers(.warning, "too many connections have not joined: one is dropped")
                oldest.close(promise: nil)
            }
        }
        end(context, within: limits.joinTime, "has not joined in time")
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if let placeNumber { table.ends(placeNumber) }
        if case .member(let id) = phase { engine.loses(id) }
        phase = .ending
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whoever has said farewell may go without hearing ours.
        if isOver { return context.close(promise: nil) }
        drop(context, "failed: \(error)")
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .member = phase, !context.channel.isWritable {
            drop(context, "does not read what it is told")
        }
        context.fireChannelWritabilityChanged()
    }

    /// Ends the connection at once.
    private func drop(_ context: ChannelHandlerContext, _ reason: String) {
        switch phase {
        case .ending: break
        case .member(let id):
            journal.log(.warning, "\(name) \(reason): its connection is dropped")
            phase = .ending
            engine.loses(id)
        case .unjoined, .answering:
            journal.strangers(.warning, "\(name) \(reason): it is dropped")
            phase = .ending
        }
        context.close(promise: nil)
    }

    /// Tells the other side what is wrong, and ends the connection.
    private func refuse(_ context: ChannelHandlerContext, _ refusal: Refusal) {
        handOver(context)
        let text = "\(name) is refused: \(refusal.reason)"
        if case .member(let id) = phase {
            journal.log(.warning, text)
            engine.loses(id)
        } else {
            journal.strangers(.warning, text)
        }
        write(ByteBuffer(bytes: CoordinatorMessage.refusal(refusal).line), context, nil)
        sayFarewell(context, within: limits.farewellTime)
    }

    /// Ends the connection when all is written, or after a time.
    private func sayFarewell(_ context: ChannelHandlerContext, within time: TimeAmount) {
        phase = .ending
        end(context, within: time, nil)
        let channel = context.channel
        context.flush()
        (lastWrite ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    private func end(_ context: ChannelHandlerContext, within time: TimeAmount, _ reason: String?) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if let reason {
                self.drop(context, reason)
            } else {
                context.close(promise: nil)
            }
        }
    }

    // MARK: What it says

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for line in try framer.lines(adding: unwrapInboundIn(data)) {
                heardTime = .now()
                try take(line, context)
            }
        } catch {
            if case .ending = phase { return }
            refuse(context, error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handOver(context)
        if !isEngineBusy { context.read() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        isEngineBusy = false
        switch phase {
        case .unjoined, .member: context.read()
        case .answering, .ending: break
        }
    }

    private func take(
        _ line: ByteBuffer,
        _ context: ChannelHandlerContext
    ) throws(Refusal) {
        switch phase {
        case .member:
            let message = try MemberMessage(line: line.readableBytesView)
            if case .state(let change) = message, change.state.isOver { isOver = true }
            messages.append(message)
        case .answering, .ending: break
        case .unjoined:
            if let request = try? OperatorRequest(line: line.readableBytesView) {
                try ask(request, context)
            } else if case .join(let join) = try MemberMessage(line: line.readableBytesView) {
                self.join(join, context)
            } else {
                throw Refusal(reason: "the first line is neither a join nor an operator's request")
            }
        }
    }

    private func join(_ join: Join, _ context: ChannelHandlerContext) {
        let id = engine.nextConnectionID()
        phase = .member(id)
        name = "\(join.application): \(join.domain)"
        if let placeNumber { table.joins(placeNumber) }
        expectMore(context, in: limits.silenceTime)
        isEngineBusy = true
        engine.joins(join, on: id, context.channel)
    }

    private func handOver(_ context: ChannelHandlerContext) {
        guard !messages.isEmpty, case .member(let id) = phase else { return }
        isEngineBusy = true
        engine.receives(messages, from: id, context.channel)
        messages = []
    }

    /// Watches for silence; while the engine has not read on, it is not the member that is silent.
    private func expectMore(_ context: ChannelHandlerContext, in time: TimeAmount) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            let now = NIODeadline.now()
            if self.isEngineBusy { self.heardTime = now }
            let rest = self.heardTime + self.limits.silenceTime - now
            if rest > .nanoseconds(0) {
                self.expectMore(context, in: rest)
            } else {
                self.drop(context, "has been silent for too long")
            }
        }
    }

    private func ask(
        _ request: OperatorRequest,
        _ context: ChannelHandlerContext
    ) throws(Refusal) {
        guard isLocal else {
            throw Refusal(
                reason: "operators are answered on the coordinator's own host only: at its Unix "
                    + "socket or its loopback address"
            )
        }
        phase = .answering
        if let placeNumber { table.joins(placeNumber) }
        end(context, within: limits.answerTime, "does not read the answer")
        let channel = context.channel
        engine.operate(request).whenSuccess { answer in
            channel.writeAndFlush(Outgoing.answer(answer), promise: nil)
        }
    }

    // MARK: What it is told

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .message(let message):
            guard case .member = phase else {
                promise?.fail(ChannelError.ioOnClosedChannel)
                return
            }
            write(ByteBuffer(bytes: message.line), context, promise)
        case .answer(let answer):
            guard case .answering = phase else { return }
            write(ByteBuffer(bytes: answer.line), context, promise)
            sayFarewell(context, within: limits.answerTime)
        case .end:
            if case .ending = phase { return }
            sayFarewell(context, within: limits.farewellTime)
        }
    }

    private func write(
        _ line: ByteBuffer,
        _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        let promise = promise ?? context.eventLoop.makePromise()
        lastWrite = promise.futureResult
        context.write(wrapOutboundOut(line), promise: promise)
    }
}
