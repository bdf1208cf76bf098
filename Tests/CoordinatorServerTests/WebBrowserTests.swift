import Coordination
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import CoordinatorServer

/// The page in a real browser: `make test` installs Chromium.
@Suite(.serialized) struct WebBrowserTests {
    private struct NotNow: Error {}

    /// What the browser has made of the page after some seconds of its own time, which are short.
    private func page(
        _ snapshots: @escaping @Sendable (Int) throws -> [GroupSnapshot]
    ) throws -> String {
        let askedCount = Atomic<Int>(0)
        var limits = WebLimits()
        // The browser's seconds are shorter than ours.
        limits.answerAge = .zero
        let server = try WebTestServer(limits: limits) {
            try snapshots(askedCount.add(1, ordering: .relaxed).oldValue)
        }
        let profile = FileManager.default.temporaryDirectory
            .appendingPathComponent("cloudnet-browser-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: profile) }
        let browser = Process()
        browser.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        browser.arguments = [
            "--kill-after=5", "120", "chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--user-data-dir=\(profile.path)",
            "--virtual-time-budget=6000", "--dump-dom", "http://127.0.0.1:\(server.port)/",
        ]
        let output = Pipe()
        browser.standardOutput = output
        browser.standardError = FileHandle.nullDevice
        try browser.run()
        let document = output.fileHandleForReading.readDataToEndOfFile()
        browser.waitUntilExit()
        try #require(browser.terminationStatus == 0, "Chromium is needed: make test installs it")
        try #require(askedCount.load(ordering: .relaxed) > 3, "the page has not polled")
        return String(decoding: document, as: UTF8.self)
    }

    @Test func barsAndStatesAreDrawn() throws {
        let page = try page { _ in [WebExamples.shop] }
        let sections = page.elements("section")
        #expect(sections.count == 1)
        #expect(sections[0].contains("data-state=\"iterating\""))
        #expect(page.text("badge") == ["iterating"])
        #expect(page.text("arrival") == ["in 35.0 s"])
        #expect(page.text("count") == ["2 of 2"])
        #expect(page.text("skew") == ["–"])
        #expect(page.text("domain") == ["web", "db"])
        #expect(page.text("state") == ["waiting", "iterating"])
        #expect(page.text("told") == ["hold", "–"])
        #expect(page.text("rate") == ["97.6 Mbit/s", "94.4 Mbit/s"])
        #expect(page.text("percent") == ["99 %", "75 %"])
        let bars = page.elements("div").filter { $0.contains("role=\"progressbar\"") }
        #expect(bars.map { $0.attribute("aria-valuenow") } == ["99", "75"])
        #expect(
            bars.map { $0.attribute("aria-valuetext") } == [
                "99 %, 3.10 MB to send", "75 %, 400 MB to send",
            ]
        )
        let fills = page.elements("div").filter { $0.contains("class=\"fill\"") }
        #expect(fills.map { $0.attribute("style") } == ["width: 99%;", "width: 75%;"])
        #expect(page.contains(">1 iterating</span>"))
    }

    @Test func aChangeIsShown() throws {
        let page = try page { number in
            number < 2 ? [WebExamples.shop, WebExamples.hostile] : [WebExamples.arrivedShop]
        }
        #expect(page.elements("section").count == 1)
        #expect(page.text("badge") == ["done"])
        #expect(page.text("arrival") == ["all arrived"])
        #expect(page.text("skew") == ["41 ms"])
        #expect(page.text("state") == ["done", "done"])
        #expect(page.text("told") == ["stop", "stop"])
        #expect(page.text("percent") == ["100 %", "100 %"])
        #expect(page.elements("section")[0].contains("data-state=\"done\""))
    }

    @Test func hostileNamesAreText() throws {
        let page = try page { _ in [WebExamples.hostile] }
        #expect(page.contains("<title>CloudNet groups</title>"))
        #expect(page.elements("script").count == 1)
        #expect(page.elements("img").isEmpty)
        #expect(
            page.text("application") == [
                "&lt;/script&gt;&lt;script&gt;document.title='owned'&lt;/script&gt;\u{fffd}"
            ]
        )
        #expect(page.text("state") == Array(repeating: "failed", count: 2))
        #expect(page.text("host") == Array(repeating: "from \u{fffd}[2J\u{fffd}31m", count: 2))
    }

    @Test func aCoordinatorThatIsGoneIsSaidSo() throws {
        let page = try page { number in
            guard number < 2 else { throw NotNow() }
            return [WebExamples.shop]
        }
        #expect(page.contains("<body class=\"lost\">"))
        #expect(page.contains(">The coordinator does not answer.</span>"))
        #expect(page.text("domain") == ["web", "db"])
    }
}

extension String {
    /// The tags that begin elements of a kind, outside templates.
    fileprivate func elements(_ kind: String) -> [String] {
        let document = replacing(#/<template.*?</template>/#.dotMatchesNewlines(), with: "")
            .replacing(#/<script([^>]*)>.*?</script>/#.dotMatchesNewlines()) { "<script\($0.1)>" }
        return document.matches(of: #/<([a-z0-9]+)( [^>]*)?>/#)
            .filter { String($0.1) == kind }.map { String($0.0) }
    }

    /// What stands in the elements of a class that have nothing but text, outside templates.
    fileprivate func text(_ name: String) -> [String] {
        replacing(#/<template.*?</template>/#.dotMatchesNewlines(), with: "")
            .matches(of: #/<[a-z]+ class="([a-z]+)[^"]*"[^>]*>([^<]*)</#)
            .filter { String($0.1) == name }.map { String($0.2) }
    }

    /// The value of an attribute of a tag.
    fileprivate func attribute(_ name: String) -> String? {
        matches(of: #/ ([a-z-]+)="([^"]*)"/#).first { String($0.1) == name }.map { String($0.2) }
    }
}
