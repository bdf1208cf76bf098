import Coordination
import FoundationEssentials
import Glibc
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import CoordinatorServer

/// The server with real connections, and with clients that mean no good.
struct WebServerTests {
    private struct NotNow: Error {}

    @Test func thePageTheGroupsAndTheMetricsAreAnswered() throws {
        let server = try WebTestServer { [WebExamples.shop] }
        let page = try server.get("/")
        #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(page.contains("Content-Type: text/html; charset=utf-8\r\n"))
        #expect(page.contains("Content-Security-Policy: default-src 'none'; "))
        #expect(page.contains("X-Content-Type-Options: nosniff\r\n"))
        #expect(page.hasSuffix("</html>\n"))
        let groups = try server.get("/groups.json")
        #expect(groups.contains("Content-Type: application/json\r\n"))
        let body = try #require(groups.split(separator: "\r\n\r\n", maxSplits: 1).last)
        #expect(try OperatorAnswer(line: body.utf8) == .groups([WebExamples.shop]))
        let metrics = try server.get("/metrics")
        #expect(metrics.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        let text = try #require(metrics.split(separator: "\r\n\r\n", maxSplits: 1).last)
        #expect(try PrometheusText(String(text)).value("cloudnet_groups", ["state": "done"]) == 0)
    }

    @Test func aHeadHasNoBody() throws {
        let server = try WebTestServer { [] }
        let answer = try server.get("/metrics", method: "HEAD")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(!answer.contains("Content-Length: 0\r\n"))
        #expect(try server.get("/x", method: "HEAD").hasSuffix("\r\n\r\n"))
    }

    @Test func whatIsNotThereIsRefusedInWords() throws {
        let server = try WebTestServer { [] }
        #expect(try server.get("/x").hasPrefix("HTTP/1.1 404 "))
        let post = try server.exchange(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabort"
        )
        #expect(post.hasPrefix("HTTP/1.1 405 "))
        #expect(post.contains("Allow: GET, HEAD\r\n"))
        let other = try server.exchange("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        #expect(other.hasPrefix("HTTP/1.1 421 "))
        #expect(!other.contains("<html"))
    }

    @Test func aCoordinatorThatDoesNotAnswerIsSaidSo() throws {
        let server = try WebTestServer { throw NotNow() }
        #expect(try server.get("/groups.json").hasPrefix("HTTP/1.1 503 "))
        #expect(try server.get("/metrics").hasPrefix("HTTP/1.1 503 "))
    }

    @Test func manyWhoAskAtOnceAreOneQuestion() throws {
        let count = Atomic<Int>(0)
        var limits = WebLimits()
        limits.answerAge = .hours(1)
        let server = try WebTestServer(limits: limits) {
            count.add(1, ordering: .relaxed)
            return [WebExamples.shop]
        }
        for _ in 0..<20 { #expect(try server.get("/groups.json").contains("\"shop\"")) }
        #expect(count.load(ordering: .relaxed) == 1)
    }

    @Test func itServesAUnixSocketAgainAfterAKill() throws {
        let path = "/tmp/cloudnet-web-test-\(getpid()).sock"
        defer { unlink(path) }
        do { _ = try WebTestServer(at: .unix(path: path)) { [] } }
        #expect(access(path, F_OK) == 0, "the socket stays, as after a kill")
        let server = try WebTestServer(at: .unix(path: path)) { [] }
        #expect(try server.get("/metrics").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.1", "::", "example.org"])
    func otherHostsAreNotServed(host: String) {
        let address = CoordinatorAddress.tcp(host: host, port: 0)
        #expect(throws: WebServerError.addressNotLocal(address)) {
            _ = try WebTestServer(at: address) { [] }
        }
    }

    @Test func garbageEndsTheConnectionAndHarmsNobody() throws {
        let server = try WebTestServer { [] }
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        for length in [1, 7, 100, 5000] {
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes += Array("\r\n\r\n\r\n".utf8)
            let client = try server.connect()
            try? client.send(bytes)
            let answer = String(decoding: client.receiveToEnd(), as: UTF8.self)
            #expect(
                answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"),
                "seed \(SeededGenerator.seedOfRun)"
            )
        }
        #expect(try server.exchange("{\"type\":\"list\"}\n").hasPrefix("HTTP/1.1 400 "))
        #expect(try server.get("/").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func aHeadWithoutEndIsCutOff() throws {
        let server = try WebTestServer { [] }
        let long = String(repeating: "a", count: 64 << 10)
        let lines = (0..<1000).map { "A\($0): b\r\n" }.joined()
        for request in [
            "GET /\(long)", "GET / HTTP/1.1\r\nHost: \(long)", "GET / HTTP/1.1\r\n\(long)",
            "GET / HTTP/1.1\r\n" + lines,
        ] {
            let client = try server.connect()
            try? client.send(request)
            let answer = String(decoding: client.receiveToEnd(), as: UTF8.self)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(request.prefix(40))")
        }
        #expect(try server.get("/").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func whoSendsByteByByteIsCutOff() throws {
        var limits = WebLimits()
        limits.requestTime = .milliseconds(300)
        limits.connectionCount = 2
        let server = try WebTestServer(limits: limits) { [] }
        let slow = try server.connect()
        let silent = try server.connect()
        #expect(throws: (any Error).self) {
            // Far more than it has time for; sending fails once the other side has gone.
            for byte in Array(String(repeating: "GET / HTTP/1.1\r\nA: b", count: 100).utf8) {
                try slow.send([byte])
                usleep(20000)
            }
        }
        #expect(silent.receiveToEnd().isEmpty)
        #expect(try server.get("/").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func whoDoesNotReadIsCutOff() throws {
        let path = "/tmp/cloudnet-web-reader-\(getpid()).sock"
        defer { unlink(path) }
        var limits = WebLimits()
        limits.answerTime = .milliseconds(500)
        // More than a Unix socket holds.
        var group = WebExamples.shop
        group.members = Array(repeating: group.members[0], count: 2000)
        let large = group
        let server = try WebTestServer(at: .unix(path: path), limits: limits) { [large] }
        let client = try server.connect()
        try client.send("GET /groups.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sleep(3)
        let answer = client.receiveToEnd()
        let whole = OperatorAnswer.groups([large]).line.count
        #expect(answer.count < whole)
    }

    @Test func connectionsBeyondTheLimitAreClosed() throws {
        var limits = WebLimits()
        limits.connectionCount = 3
        let server = try WebTestServer(limits: limits) { [] }
        var clients = try (0..<3).map { _ in try server.connect() }
        #expect(try server.connect().receiveToEnd().isEmpty)
        clients.removeAll()
        // The server sees the ends soon, but not at once.
        var answer = ""
        for _ in 0..<500 where answer.isEmpty {
            answer = (try? server.get("/")) ?? ""
            if answer.isEmpty { usleep(20000) }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
}
