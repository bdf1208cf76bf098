internal import Coordination
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// An answer to an HTTP request.
struct WebAnswer: Equatable, Sendable {
    /// HTTP's status.
    var status = HTTPResponseStatus.ok
    /// What the body is.
    var contentType: String
    /// Headers of this answer besides those that all have.
    var headers: [String: String] = [:]
    /// The body.
    var body: ByteBuffer

    /// The page; it is made anew each time, for its nonce.
    static func page() -> WebAnswer {
        let nonce = GroupsPage.nonce()
        return WebAnswer(
            contentType: "text/html; charset=utf-8",
            headers: ["Content-Security-Policy": GroupsPage.policy(nonce: nonce)],
            body: ByteBuffer(string: GroupsPage.text(nonce: nonce))
        )
    }

    /// The groups: the coordinator's answer to an operator who lists them.
    static func groups(_ groups: [GroupSnapshot]) -> WebAnswer {
        WebAnswer(
            contentType: "application/json",
            body: ByteBuffer(bytes: OperatorAnswer.groups(groups).line)
        )
    }

    /// The groups for Prometheus.
    static func metrics(_ groups: [GroupSnapshot]) -> WebAnswer {
        WebAnswer(
            contentType: "text/plain; version=0.0.4; charset=utf-8",
            body: ByteBuffer(string: GroupMetrics.text(groups))
        )
    }

    /// A refusal as a line of text.
    static func refusal(_ refusal: WebRefusal) -> WebAnswer {
        WebAnswer(
            status: refusal.status,
            contentType: "text/plain; charset=utf-8",
            headers: refusal == .wrongMethod ? ["Allow": "GET, HEAD"] : [:],
            body: ByteBuffer(string: refusal.text + "\n")
        )
    }

    /// The head that goes before the body.
    ///
    /// Every connection answers one request: so what a client can hold is bounded by the number of
    /// connections and the time that each one has.
    var head: HTTPResponseHead {
        var fields: HTTPHeaders = [
            "Content-Type": contentType,
            "Content-Length": String(body.readableBytes),
            "Connection": "close",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        ]
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            fields.add(name: name, value: value)
        }
        return HTTPResponseHead(version: .http1_1, status: status, headers: fields)
    }
}
