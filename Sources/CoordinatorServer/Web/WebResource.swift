internal import NIOHTTP1

/// What can be asked for over HTTP: nothing that changes anything.
enum WebResource: Hashable, Sendable {
    /// The live page.
    case page
    /// The groups as `cloudnet groups --json` shows them; the page polls it.
    case groups
    /// The same for Prometheus.
    case metrics

    /// Finds what a request asks for.
    ///
    /// - Throws: `WebRefusal`, which is the answer.
    init(_ request: HTTPRequestHead) throws(WebRefusal) {
        guard request.headers["host"].allSatisfy(Self.isLocal) else { throw .foreignHost }
        guard request.method == .GET || request.method == .HEAD else { throw .wrongMethod }
        switch request.uri.prefix(while: { $0 != "?" }) {
        case "/": self = .page
        case "/groups.json": self = .groups
        case "/metrics": self = .metrics
        default: throw .unknownPath
        }
    }

    /// Whether a `Host` is an address or `localhost`.
    ///
    /// A page from elsewhere can have its own name point here, and then read what we answer: so
    /// nobody is answered under a name that others can have (DNS rebinding).
    static func isLocal(host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }
        return name.lowercased() == "localhost"
            || (!name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e })
    }
}

/// Why a request is not answered with what it asks for.
enum WebRefusal: Error, CaseIterable {
    case damaged
    case headTooLong
    case wrongMethod
    case unknownPath
    case foreignHost
    case noSnapshot

    /// HTTP's word for it.
    var status: HTTPResponseStatus {
        switch self {
        case .damaged: .badRequest
        case .headTooLong: .requestHeaderFieldsTooLarge
        case .wrongMethod: .methodNotAllowed
        case .unknownPath: .notFound
        case .foreignHost: .misdirectedRequest
        case .noSnapshot: .serviceUnavailable
        }
    }

    /// What is wrong, and what to do.
    var text: String {
        switch self {
        case .damaged: "This is not an HTTP request."
        case .headTooLong: "The request's head is too long."
        case .wrongMethod: "Only GET and HEAD: nothing can be changed here; see cloudnet groups."
        case .unknownPath: "There are /, /groups.json and /metrics."
        case .foreignHost: "Only requests to localhost or to an address are answered."
        case .noSnapshot: "The coordinator does not say how its groups are; try again."
        }
    }
}
