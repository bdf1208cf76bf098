import Coordination
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// `cloudnet groups` as an operator starts it, against a coordinator that says what a test likes.
struct GroupsCommandTests {
    /// Runs `cloudnet groups`; what it prints comes back.
    private func groups(
        _ arguments: String...,
        at address: String
    ) throws -> (status: Int32, out: String, err: String) {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        let command = Process()
        command.executableURL = tests.deletingLastPathComponent()
            .appendingPathComponent("cloudnet")
        command.arguments = ["groups"] + arguments + ["--coordinator", address]
        let (out, err) = (Pipe(), Pipe())
        command.standardOutput = out
        command.standardError = err
        try command.run()
        let outText = out.fileHandleForReading.readDataToEndOfFile()
        let errText = err.fileHandleForReading.readDataToEndOfFile()
        command.waitUntilExit()
        return (
            command.terminationStatus, String(decoding: outText, as: UTF8.self),
            String(decoding: errText, as: UTF8.self)
        )
    }

    private let shops = Array(
        OperatorAnswer.groups([WebExamples.arrivedShop, WebExamples.shop]).line
    )

    @Test func allAreListedOverAUnixSocketAndOverTCP() throws {
        let coordinator = try FakeCoordinator(answer: shops)
        for address in [coordinator.unixAddress, coordinator.tcpAddress] {
            let result = try groups(at: address)
            #expect(result.status == 0, "\(result.err)")
            #expect(result.out.hasPrefix("APPLICATION  GROUP  STATE      MEMBERS"))
            #expect(result.out.split(separator: "\n").count == 3)
        }
        #expect(coordinator.questions == Array(repeating: "{\"type\":\"list\"}", count: 2))
        let json = try groups("list", "--json", at: coordinator.unixAddress)
        #expect(Array(json.out.utf8) == shops)
    }

    @Test func theNewestGroupIsShown() throws {
        var next = WebExamples.shop
        next.group = 4
        let answer = OperatorAnswer.groups([WebExamples.shop, next, WebExamples.hostile])
        let coordinator = try FakeCoordinator(answer: Array(answer.line))
        let result = try groups("show", "shop", at: coordinator.unixAddress)
        #expect(result.status == 0)
        #expect(result.out.hasPrefix("shop, group 4: iterating: db needs another 34 s\n"))
        let json = try groups("show", "--json", "shop", at: coordinator.unixAddress)
        #expect(Array(json.out.utf8) == Array(OperatorAnswer.groups([next]).line))
        let unknown = try groups("show", "mail", at: coordinator.unixAddress)
        #expect(unknown.status == 1)
        #expect(unknown.err.contains("knows no group of 'mail'"))
    }

    @Test func abortAndReleaseSayWhatTheyDid() throws {
        let coordinator = try FakeCoordinator(answer: shops)
        let aborted = try groups("abort", "shop", at: coordinator.unixAddress)
        #expect(aborted.status == 0)
        #expect(aborted.out.hasPrefix("told group 3 of shop to abort (2 members)\n\nshop, group 3"))
        let released = try groups("release", "shop", at: coordinator.tcpAddress)
        #expect(released.status == 0)
        #expect(released.out.hasPrefix("told group 3 of shop to stop (2 members)\n"))
        #expect(
            coordinator.questions == [
                "{\"application\":\"shop\",\"type\":\"abort\"}",
                "{\"application\":\"shop\",\"type\":\"release\"}",
            ]
        )
    }

    @Test func aRefusalIsShownHarmless() throws {
        let refusal = OperatorAnswer.refusal(Refusal(reason: "it has \u{1b}[2J stopped already"))
        let coordinator = try FakeCoordinator(answer: Array(refusal.line))
        let result = try groups("abort", "shop", at: coordinator.unixAddress)
        #expect(result.status == 1)
        #expect(result.out == "")
        #expect(result.err == "Error: the coordinator refused: it has ?[2J stopped already\n")
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n", "no coordinator, or one of another version"),
        ("{\"type\":\"circles\",\"circles\":[]}\n", "there is no message of type circles"),
        ("{\"type\":\"groups\",\"groups\":[{}]}\n", "another version (this is version 1)"),
        ("{\"type\":\"groups\"", "ended the connection without an answer"),
        ("", "ended the connection without an answer"),
    ])
    func whatIsNoAnswerIsSaidSo(answer: String, message: String) throws {
        let coordinator = try FakeCoordinator(answer: Array(answer.utf8))
        let result = try groups(at: coordinator.unixAddress)
        #expect(result.status == 1)
        #expect(result.err.contains(message), "\(result.err)")
        #expect(result.err.utf8.allSatisfy { $0 == 0x0a || (0x20..<0x7f).contains($0) })
    }

    @Test func anAnswerWithoutEndIsNotKept() throws {
        let answer = [UInt8](repeating: 0x61, count: CoordinatorProtocol.answerByteCountMaximum * 2)
        let coordinator = try FakeCoordinator(answer: answer)
        let result = try groups(at: coordinator.unixAddress)
        #expect(result.status == 1)
        #expect(result.err.contains("has more than 16,777,216 bytes"), "\(result.err)")
    }

    @Test func aSilentCoordinatorIsNotWaitedForLong() throws {
        let coordinator = try FakeCoordinator(answer: nil)
        let result = try groups(at: coordinator.tcpAddress)
        #expect(result.status == 1)
        #expect(result.err.contains("has not answered within 5 s"), "\(result.err)")
    }

    @Test func whereNobodyListensIsSaidSo() throws {
        let nobody = try groups(at: "unix:/nonexistent/coordinator.sock")
        #expect(nobody.status == 1)
        #expect(
            nobody.err.contains("no coordinator at unix:/nonexistent/coordinator.sock: No such")
        )
        #expect(nobody.err.contains("is cloudnet-coordinator running?"))
        let refused = try groups(at: "tcp:127.0.0.1:1")
        #expect(refused.status == 1)
        #expect(refused.err.contains("Connection refused"))
        let far = try groups("abort", "shop", at: "tcp:192.0.2.1:7000")
        #expect(far.status == 1)
        #expect(far.err.contains("operators are heard only on the coordinator's own host"))
        #expect(try groups(at: "http://localhost").err.contains("tcp:HOST:PORT"))
    }
}

/// Answers the first line of each connection, keeps it, and ends the connection.
private final class FakeCoordinator {
    let unixAddress: String
    let tcpAddress: String
    private let listeners: [any Channel]
    private let path: String
    private let heard = Heard()

    /// What it was asked, in order.
    var questions: [String] { heard.lines.withLock { $0 } }

    /// A coordinator without an answer keeps silent.
    init(answer: [UInt8]?) throws {
        path = "/tmp/cloudnet-groups-\(UUID().uuidString).sock"
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [heard] channel in
                channel.eventLoop.makeCompletedFuture {
                    let answerer = Answerer(answer: answer, heard: heard)
                    try channel.pipeline.syncOperations.addHandler(answerer)
                }
            }
        let tcp = try bootstrap.bind(host: "127.0.0.1", port: 0).wait()
        listeners = [tcp, try bootstrap.bind(unixDomainSocketPath: path).wait()]
        unixAddress = "unix:\(path)"
        tcpAddress = "tcp:127.0.0.1:\(tcp.localAddress?.port ?? 0)"
    }

    deinit {
        for listener in listeners { try? listener.close().wait() }
        unlink(path)
    }

    private final class Heard: Sendable {
        let lines = Mutex<[String]>([])
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: [UInt8]?
        private let heard: Heard
        private var line = ""

        init(answer: [UInt8]?, heard: Heard) {
            self.answer = answer
            self.heard = heard
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            line += String(buffer: unwrapInboundIn(data))
            guard line.hasSuffix("\n") else { return }
            heard.lines.withLock { $0.append(String(line.dropLast())) }
            guard let answer else { return }
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(bytes: answer)).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }
}
