/// Where a coordinator listens: `unix:/run/cloudnet/coordinator.sock` or `tcp:HOST:PORT`.
public enum CoordinatorAddress: Hashable, Sendable {
    /// A Unix stream socket, by its path.
    case unix(path: String)
    /// A host, by name or number, and a port.
    case tcp(host: String, port: Int)

    /// Where it listens unless somebody says otherwise.
    public static let standard = CoordinatorAddress.unix(path: "/run/cloudnet/coordinator.sock")

    /// What can be written, for messages and documents.
    public static let expectation = "unix: and the path of a socket, or tcp:HOST:PORT"

    /// Linux keeps paths of sockets in 108 bytes, with a zero at the end.
    private static let pathByteCountMaximum = 107

    private static let hostByteCountMaximum = 253

    /// Reads an address; `nil` if this is none.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x20 < $0 && $0 < 0x7f }) else { return nil }
        if text.hasPrefix("unix:/") {
            let path = text.dropFirst("unix:".count)
            guard 1...Self.pathByteCountMaximum ~= path.utf8.count, path != "/" else {
                return nil
            }
            self = .unix(path: String(path))
            return
        }
        guard text.hasPrefix("tcp:"), let colon = text.lastIndex(of: ":") else { return nil }
        let start = text.index(text.startIndex, offsetBy: "tcp:".count)
        guard start < colon, let port = Int(text[text.index(after: colon)...]),
            1...65535 ~= port
        else { return nil }
        var host = text[start..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            // A number of IPv6 needs brackets, or one could not tell it from the port.
            return nil
        }
        guard 1...Self.hostByteCountMaximum ~= host.utf8.count,
            host.allSatisfy({ $0.isLetter || $0.isNumber || "-_.:%".contains($0) })
        else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    /// Whether only this host can be there, so that TLS is not needed.
    public var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _):
            host == "localhost" || host == "::1"
                || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
        }
    }
}

extension CoordinatorAddress: CustomStringConvertible {
    /// As it is read.
    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port):
            host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        }
    }
}
