internal import Coordination
internal import FoundationEssentials
internal import Glibc
internal import MigrationReport
internal import ReportDrawing

/// Asks the coordinator one question, over its Unix socket or a loopback address.
enum GroupsClient {
    /// How long one step may take: to connect, to send, the next bytes of the answer.
    private static let stepSecondsMaximum = 5
    /// How long all steps together may take.
    private static let secondsMaximum = 20

    /// Asks, and waits for the answer.
    ///
    /// - Throws: `GroupsClientError`.
    static func ask(
        _ request: OperatorRequest,
        at address: CoordinatorAddress
    ) throws(GroupsClientError) -> OperatorAnswer {
        let descriptor = try connected(to: address)
        defer { close(descriptor) }
        try send(Array(request.line), to: descriptor, at: address)
        let line = try receiveLine(from: descriptor, at: address)
        do {
            return try OperatorAnswer(line: line)
        } catch {
            throw .notUnderstood(address, error.reason)
        }
    }

    private static func connected(to address: CoordinatorAddress) throws(GroupsClientError) -> Int32
    {
        let candidates: [SocketName]
        switch address {
        case .unix(let path): candidates = [SocketName.unix(path: path)].compactMap(\.self)
        case .tcp(let host, let port):
            // The request may change something: no name server has a say in where it goes.
            guard address.isLocal else { throw .notLocal(address) }
            let hosts = host == "localhost" ? ["127.0.0.1", "::1"] : [host]
            candidates = hosts.compactMap {
                SocketName.loopback(host: $0, port: UInt16(truncatingIfNeeded: port))
            }
        }
        var errorNumber = EADDRNOTAVAIL
        for candidate in candidates {
            let descriptor = socket(
                candidate.family,
                Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
                0
            )
            guard descriptor >= 0 else {
                errorNumber = errno
                continue
            }
            // On Linux the time to send limits the time to connect, too.
            var time = timeval(tv_sec: stepSecondsMaximum, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
            if candidate.connect(descriptor) == 0 { return descriptor }
            errorNumber = errno
            close(descriptor)
        }
        throw .unreachable(address, errorNumber)
    }

    private static func send(
        _ bytes: [UInt8],
        to descriptor: Int32,
        at address: CoordinatorAddress
    ) throws(GroupsClientError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno, address)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func receiveLine(
        from descriptor: Int32,
        at address: CoordinatorAddress
    ) throws(GroupsClientError) -> [UInt8] {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(secondsMaximum)
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while clock.now < end {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno, address)
            }
            if count == 0 { throw .noAnswer(address) }
            let bytes = buffer[..<count]
            if let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                return line + bytes[..<newline]
            }
            line += bytes
            guard line.count <= CoordinatorProtocol.answerByteCountMaximum else {
                throw .answerTooLong(address)
            }
        }
        throw .silent(address, secondsMaximum)
    }

    private static func failure(
        _ errorNumber: Int32,
        _ address: CoordinatorAddress
    ) -> GroupsClientError {
        switch errorNumber {
        case EAGAIN: .silent(address, stepSecondsMaximum)
        case EPIPE, ECONNRESET: .noAnswer(address)
        default: .unreachable(address, errorNumber)
        }
    }
}

/// Why there is no answer.
enum GroupsClientError: Error, Equatable, CustomStringConvertible {
    case notLocal(CoordinatorAddress)
    case unreachable(CoordinatorAddress, Int32)
    case silent(CoordinatorAddress, Int)
    case noAnswer(CoordinatorAddress)
    case answerTooLong(CoordinatorAddress)
    case notUnderstood(CoordinatorAddress, String)
    case refused(String)

    var description: String {
        switch self {
        case .notLocal(let address):
            "operators are heard only on the coordinator's own host: \(address) is no Unix socket "
                + "and no loopback address"
        case .unreachable(let address, let errorNumber):
            "no coordinator at \(address): \(String(cString: strerror(errorNumber))); "
                + Self.advice(errorNumber)
        case .silent(let address, let seconds):
            "the coordinator at \(address) has not answered within \(seconds) s; its log may say why"
        case .noAnswer(let address):
            "the coordinator at \(address) ended the connection without an answer; its log may say "
                + "why, and where it asks for TLS, use its Unix socket"
        case .answerTooLong(let address):
            "the answer from \(address) has more than "
                + "\(Units.grouped(CoordinatorProtocol.answerByteCountMaximum)) bytes; "
                + "is this a coordinator?"
        case .notUnderstood(let address, let reason):
            "what answers at \(address) is no coordinator, or one of another version "
                + "(this is version \(CoordinatorProtocol.version)): "
                + VisibleText.terminal(reason, columnCount: 300)
        case .refused(let reason):
            "the coordinator refused: " + VisibleText.terminal(reason, columnCount: 500)
        }
    }

    private static func advice(_ errorNumber: Int32) -> String {
        switch errorNumber {
        case EACCES, EPERM: "ask as the user that it lets in, such as root"
        default: "is cloudnet-coordinator running? --coordinator names another address"
        }
    }
}

/// The kernel's form of an address.
private struct SocketName {
    let family: Int32
    private let bytes: [UInt8]

    private init<Address>(family: Int32, _ address: Address) {
        self.family = family
        bytes = withUnsafeBytes(of: address) { Array($0) }
    }

    /// `nil` if the path is too long.
    static func unix(path: String) -> SocketName? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { space in
            guard name.count < space.count else { return false }
            space.copyBytes(from: name)
            return true
        }
        return fits ? SocketName(family: AF_UNIX, address) : nil
    }

    /// `nil` if the host is no number.
    static func loopback(host: String, port: UInt16) -> SocketName? {
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            return SocketName(family: AF_INET6, v6)
        }
        var v4 = sockaddr_in()
        guard inet_aton(host, &v4.sin_addr) != 0 else { return nil }
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_port = port.bigEndian
        return SocketName(family: AF_INET, v4)
    }

    func connect(_ descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            Glibc.connect(
                descriptor,
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
    }
}
