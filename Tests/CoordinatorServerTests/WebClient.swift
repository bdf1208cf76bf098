import Coordination
import Glibc
import NIOCore
import NIOPosix
import PosixIO
import Testing

@testable import CoordinatorServer

/// A web server for a test; it ends with it.
final class WebTestServer {
    let address: CoordinatorAddress
    let port: Int
    private let listener: any Channel

    init(
        at address: CoordinatorAddress = .tcp(host: "127.0.0.1", port: 0),
        limits: WebLimits = WebLimits(),
        snapshots: @escaping @Sendable () throws -> [GroupSnapshot]
    ) throws {
        let group = MultiThreadedEventLoopGroup.singleton
        listener = try WebServer.start(address: address, group: group, limits: limits) {
            let eventLoop = group.next()
            return eventLoop.makeCompletedFuture { try snapshots() }
        }.wait()
        self.address = address
        port = listener.localAddress?.port ?? 0
    }

    deinit { try? listener.close().wait() }

    func connect() throws -> WebClient {
        switch address {
        case .unix(let path): try WebClient(.init(unixDomainSocketPath: path))
        case .tcp(let host, _): try WebClient(.init(ipAddress: host, port: port))
        }
    }

    /// Sends text and reads the answer to its end.
    func exchange(_ text: String) throws -> String {
        let client = try connect()
        try client.send(text)
        return String(decoding: client.receiveToEnd(), as: UTF8.self)
    }

    func get(_ path: String, method: String = "GET") throws -> String {
        try exchange("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
}

/// A client that sends whatever it likes.
final class WebClient {
    private let descriptor: Int32

    init(_ address: SocketAddress) throws {
        let family = Int32(address.protocol.rawValue)
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        // A test that waits for a server which never ends a connection fails, and does not hang.
        var time = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        let descriptor = descriptor
        try retryingOnInterrupt("connect") {
            address.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) }
        }
    }

    deinit { close(descriptor) }

    /// Sends all of it, or as much as the other side takes.
    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try rest.withUnsafeBytes { bytes in
                try retryingOnInterrupt("send") {
                    Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// All that comes until the other side ends the connection.
    func receiveToEnd() -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                result += buffer[..<count]
            } else if count == 0 || errno == ECONNRESET {
                return result
            } else if errno != EINTR {
                Issue.record("no end of the connection: \(String(cString: strerror(errno)))")
                return result
            }
        }
    }
}
