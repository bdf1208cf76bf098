import NIOHTTP1
import Testing

@testable import CoordinatorServer

/// The page and the choice of what is answered, without a network.
struct WebPageTests {
    @Test func thePageNeedsNothingFromElsewhereAndMakesNoMarkup() {
        let page = GroupsPage.text(nonce: "n")
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        for danger in [
            "http:", "https:", "//cdn", "src=", "@import", "url(", "style=\"", "innerHTML",
            "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "onclick",
        ] {
            #expect(!page.contains(danger), "\(danger)")
        }
    }

    @Test func onlyTheScriptAndTheStyleCarryTheNonce() {
        let (one, two) = (GroupsPage.nonce(), GroupsPage.nonce())
        #expect(one != two)
        #expect(one.utf8.count == 32)
        let page = GroupsPage.text(nonce: one)
        #expect(page.ranges(of: one).count == 2)
        #expect(page.contains("<script nonce=\"\(one)\">"))
        #expect(page.contains("<style nonce=\"\(one)\">"))
        let policy = GroupsPage.policy(nonce: one)
        #expect(policy.hasPrefix("default-src 'none'; script-src 'nonce-\(one)'; "))
        #expect(!policy.contains("unsafe"))
    }

    private func request(
        _ method: HTTPMethod,
        _ uri: String,
        hosts: [String] = ["localhost"]
    ) -> HTTPRequestHead {
        let headers = HTTPHeaders(hosts.map { ("Host", $0) })
        return HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers)
    }

    @Test func whatIsThereIsFound() throws {
        #expect(try WebResource(request(.GET, "/")) == .page)
        #expect(try WebResource(request(.HEAD, "/?a=b")) == .page)
        #expect(try WebResource(request(.GET, "/groups.json?")) == .groups)
        #expect(try WebResource(request(.GET, "/metrics", hosts: [])) == .metrics)
    }

    @Test(arguments: ["", "/x", "//", "/groups.json/", "/%2e%2e/metrics", "http://localhost/", "*"])
    func nothingElseIsThere(path: String) {
        #expect(throws: WebRefusal.unknownPath) { try WebResource(request(.GET, path)) }
    }

    @Test(arguments: [HTTPMethod.POST, .PUT, .DELETE, .OPTIONS, .CONNECT, .RAW(value: "abort")])
    func nothingIsChanged(method: HTTPMethod) {
        #expect(throws: WebRefusal.wrongMethod) { try WebResource(request(method, "/")) }
    }

    @Test(arguments: ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9001", "[::1]:9001"])
    func addressesAreAnswered(host: String) throws {
        #expect(try WebResource(request(.GET, "/", hosts: [host])) == .page)
    }

    @Test(arguments: ["example.org", "localhost.example.org", "127.0.0.1.example.org:80", "", ":1"])
    func otherNamesAreNot(host: String) {
        #expect(throws: WebRefusal.foreignHost) {
            try WebResource(request(.GET, "/", hosts: ["localhost", host]))
        }
    }
}
