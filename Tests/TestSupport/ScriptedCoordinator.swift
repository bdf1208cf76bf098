internal import Glibc
internal import PosixIO
internal import Synchronization

/// Plays the coordinator on a Unix socket, or anything that has taken its place.
public final class ScriptedCoordinator: Sendable {
    /// The path of the socket.
    public let path: String
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var connections: [ScriptedConnection] = []
        var isStopped = false
    }

    /// Listens.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - script: What is done with each connection, on a thread of its own; it ends after that.
    /// - Throws: `SystemError`.
    public init(
        path: String,
        _ script: @escaping @Sendable (ScriptedConnection) -> Void
    ) throws {
        self.path = path
        unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        try retryingOnInterrupt("listen at \(path)") {
            withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        try retryingOnInterrupt("listen at \(path)") { listen(descriptor, 100) }
        Thread.start { [self] in accept(script) }
    }

    deinit { close(descriptor) }

    private func accept(_ script: @escaping @Sendable (ScriptedConnection) -> Void) {
        while true {
            let peer = Glibc.accept(descriptor, nil, nil)
            guard peer >= 0 else { return }
            _ = fcntl(peer, F_SETFD, FD_CLOEXEC)
            let connection = state.withLock { state -> ScriptedConnection? in
                guard !state.isStopped else { return nil }
                let connection = ScriptedConnection(peer, number: state.connections.count)
                state.connections.append(connection)
                return connection
            }
            guard let connection else {
                close(peer)
                return
            }
            Thread.start {
                script(connection)
                connection.end()
            }
        }
    }

    /// How many connections there have been.
    public var connectionCount: Int { state.withLock { $0.connections.count } }

    /// All lines of all connections.
    public var lines: [String] { state.withLock { $0.connections }.flatMap(\.lines) }

    /// Ends all connections, and lets nobody in any more.
    public func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
        unlink(path)
        for connection in connections { connection.end() }
    }
}

/// A connection to somebody who thinks that this is the coordinator.
public final class ScriptedConnection: Sendable {
    /// How many there were before.
    public let number: Int
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var unread: [UInt8] = []
        var lines: [String] = []
        var isEnded = false
    }

    fileprivate init(_ descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    deinit { close(descriptor) }

    /// The lines that were read.
    public var lines: [String] { state.withLock { $0.lines } }

    /// Whether nobody is there any more.
    public var isEnded: Bool { state.withLock { $0.isEnded } }

    /// The next line; nothing at the end.
    @discardableResult
    public func readLine() -> String? {
        while true {
            let line = state.withLock { state -> String? in
                guard let end = state.unread.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                let line = String(decoding: state.unread[..<end], as: UTF8.self)
                state.unread.removeSubrange(...end)
                state.lines.append(line)
                return line
            }
            if let line { return line }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            state.withLock { $0.unread += buffer.prefix(count) }
        }
    }

    /// The next line that has all these parts; nothing if none comes.
    @discardableResult
    public func readLine(with parts: String...) -> String? {
        while let line = readLine() {
            if parts.allSatisfy({ line.contains($0) }) { return line }
        }
        return nil
    }

    /// Reads on until the end.
    public func readToEnd() {
        while readLine() != nil {}
    }

    /// Sends bytes as they are.
    ///
    /// - Returns: How many were taken.
    @discardableResult
    public func send(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        return max(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)), 0)
    }

    /// Welcomes a member.
    public func welcome() {
        send(#"{"type":"welcome","version":1,"application":"shop","group":1,"members":1}"# + "\n")
    }

    /// Tells a member what to do.
    public func decide(_ number: Int, _ action: String, _ more: String = "") {
        send(
            #"{"type":"decision","number":\#(number),"decision":"\#(action)","#
                + #""reason":"because of \#(number)"\#(more)}"# + "\n"
        )
    }

    /// From now on says once and again that it is there.
    public func staysAlive() {
        Thread.start { [self] in
            while !isEnded, send(#"{"type":"alive"}"# + "\n") > 0 { usleep(500_000) }
        }
    }

    /// Ends the connection.
    public func end() {
        state.withLock { $0.isEnded = true }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

/// Threads without a limit of their number, unlike those of a queue.
enum Thread {
    static func start(_ body: @escaping @Sendable () -> Void) {
        let job = Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { context in
                let job = context.map { Unmanaged<Job>.fromOpaque($0).takeRetainedValue() }
                job?.run()
                return nil
            },
            job.toOpaque()
        )
        pthread_detach(thread)
    }

    private final class Job {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
