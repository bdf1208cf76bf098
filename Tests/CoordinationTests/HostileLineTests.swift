import TestSupport
import Testing

@testable import Coordination

/// Lines that are not as they should be are refused, with a reason, and harm nobody.
@Suite struct HostileLineTests {
    private static let seed = SeededGenerator.seedOfRun

    private static let join =
        #"{"application":"shop","domain":"db","host":"alpha","memory-bytes":1,"session":"s","#
        + #""state":"iterating","type":"join","uuid":"u","version":1}"#

    private static let progress =
        #"{"bytes-per-second":1,"bytes-remaining":1,"bytes-transferred":1,"pages-dirty":1,"#
        + #""pages-remaining":1,"pages-sent":1,"pause-milliseconds":1,"round":1,"#
        + #""seconds-to-ready":1,"type":"progress"}"#

    private func refusal(_ line: String) -> String? {
        do {
            _ = try MemberMessage(line: Array(line.utf8))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func goodLinesAreRead() {
        #expect(refusal(Self.join) == nil)
        #expect(refusal(Self.progress) == nil)
    }

    @Test(arguments: [
        "", " ", "null", "[]", "{}", "7", "\"join\"", "{", "}", "{\"type\":\"join\"}",
        "{\"type\":7}", "{\"type\":null}", "{\"type\":\"release\"}", "{\"type\":\"\\u0000\"}",
        "\u{FEFF}{}", "{\"type\":\"state\"}", "{\"type\":\"state\",\"state\":\"asleep\"}",
        "{\"type\":\"progress\"}", "\u{0}\u{0}\u{0}",
    ])
    func whatIsNoMessageIsRefused(_ line: String) {
        #expect(refusal(line) != nil)
    }

    @Test(arguments: [
        "-1", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e400",
        "-1e400", "1e308", "NaN", "Infinity", "\"inf\"", "0.5", "null", "[]", "{}", "\"1\"",
        "99999999999999999999999999999999999999999",
    ])
    func numbersOutOfRangeAreRefused(_ number: String) {
        #expect(
            refusal(Self.join.replacing("\"memory-bytes\":1", "\"memory-bytes\":\(number)")) != nil
        )
        for field in [
            "bytes-per-second", "bytes-remaining", "bytes-transferred", "pages-dirty",
            "pages-remaining", "pages-sent", "pause-milliseconds", "round",
        ] {
            #expect(
                refusal(Self.progress.replacing("\"\(field)\":1", "\"\(field)\":\(number)")) != nil
            )
        }
    }

    @Test(arguments: ["-1", "-0.001", "1e300", "1e400", "NaN", "\"nan\"", "\"inf\"", "[]"])
    func timesOutOfRangeAreRefused(_ seconds: String) {
        let line = Self.progress.replacing(
            "\"seconds-to-ready\":1",
            with: "\"seconds-to-ready\":\(seconds)"
        )
        #expect(refusal(line) != nil)
    }

    @Test(arguments: [
        "", " ", "\\n", "web\\nshop 1: released", "\\u001b[2J", "\\u0000", "a\\u202eb", "\\u2028",
        "\\u00a0", "\\ud800",
    ])
    func namesThatDisturbALogAreRefused(_ name: String) {
        for (field, value) in [
            ("application", "shop"), ("domain", "db"), ("host", "alpha"), ("session", "s"),
            ("uuid", "u"),
        ] {
            let line = Self.join.replacing("\"\(field)\":\"\(value)\"", "\"\(field)\":\"\(name)\"")
            #expect(refusal(line) != nil, "\(field)")
        }
        #expect(refusal(Self.join.replacing("{", "{\"link\":\"\(name)\",")) != nil)
    }

    @Test func longNamesAndLinesAreRefused() {
        func line(_ count: Int) -> String {
            Self.join.replacing("\"shop\"", "\"\(String(repeating: "x", count: count))\"")
        }
        #expect(refusal(line(128)) == nil)
        #expect(refusal(line(129))?.contains("129 bytes") == true)
        // Counted in bytes, not characters.
        #expect(
            refusal(line(0).replacing("\"\"", "\"\(String(repeating: "ä", count: 65))\"")) != nil
        )
        let padding = CoordinatorProtocol.lineByteCountMaximum - Self.join.utf8.count
        #expect(refusal(Self.join + String(repeating: " ", count: padding)) == nil)
        #expect(refusal(Self.join + String(repeating: " ", count: padding + 1)) != nil)
        #expect(throws: Refusal.self) {
            try OperatorRequest(line: [UInt8](repeating: 32, count: 5000))
        }
    }

    @Test(arguments: ["[", "{\"a\":", "[[],"])
    func deepNestingIsRefused(_ opening: String) {
        let line = String(repeating: opening, count: 4096 / opening.utf8.count)
        #expect(refusal(line) != nil)
        #expect(refusal("{\"type\":\"join\",\"x\":" + line.prefix(3000)) != nil)
    }

    @Test func anotherVersionIsRefusedWithAdvice() {
        let line = Self.join.replacing("\"version\":1", "\"version\":2")
        #expect(refusal(line)?.contains("update the older side") == true)
    }

    @Test func refusalsFitIntoALine() throws {
        for line in [
            "{\"type\":\"\(String(repeating: "x", count: 4000))\"}", "{\"type\":", Self.join + "x",
        ] {
            let reason = try #require(refusal(line))
            let answer = CoordinatorMessage.refusal(Refusal(reason: reason)).line
            #expect(
                try CoordinatorMessage(line: answer.dropLast()) == .refusal(Refusal(reason: reason))
            )
        }
    }

    @Test(arguments: [
        #"{"decision":"stop","number":-1,"reason":"","type":"decision"}"#,
        #"{"decision":"stop","number":1e30,"reason":"","type":"decision"}"#,
        #"{"decision":"halt","number":1,"reason":"","type":"decision"}"#,
        #"{"decision":"stop","number":1,"reason":"","seconds-to-stop":-1,"type":"decision"}"#,
        #"{"decision":"stop","number":1,"reason":"","bandwidth-limit":0,"type":"decision"}"#,
        #"{"application":"shop","group":1,"members":1,"type":"welcome","version":9}"#,
        #"{"decision":"stop","number":1,"type":"deci"#,
    ])
    func aMemberRefusesWhatNoCoordinatorSays(_ line: String) {
        #expect(throws: Refusal.self) { try CoordinatorMessage(line: Array(line.utf8)) }
    }

    @Test func damagedLinesNeverTrap() {
        var random = SeededGenerator(seed: Self.seed)
        for line in [Self.join, Self.progress] {
            let bytes = Array(line.utf8)
            for count in 0..<bytes.count { _ = try? MemberMessage(line: bytes.prefix(count)) }
            for _ in 0..<2000 {
                var damaged = bytes
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let index = Int.random(in: damaged.indices, using: &random)
                    damaged[index] = UInt8.random(in: 0...255, using: &random)
                }
                _ = try? MemberMessage(line: damaged)
            }
        }
    }

    /// Whatever is said by whoever, in whatever order, the groups do not trap, and stay within limits.
    @Test func nonsenseInAnyOrderNeverTraps() {
        var random = SeededGenerator(seed: Self.seed)
        var desk = Desk(.pair(3) { $0.whenMemberFails = .continue })
        let numbers = [0, 1, 1000, 1 << 53]
        func number() -> Int { numbers.randomElement(using: &random) ?? 0 }
        for step in 0..<5000 {
            let connection = Int.random(in: 1...12, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let domain = "domain-\(connection % 4)"
                let (state, last, link) = (
                    MemberState.allCases.randomElement(using: &random) ?? .ready, number(),
                    Bool.random(using: &random)
                )
                desk.join(domain, on: step + 100, session: "\(connection % 6)") {
                    $0.state = state
                    $0.lastDecision = last == 0 ? nil : last
                    $0.link = link ? "wan" : nil
                    $0.memoryByteCount = last
                }
                desk.join(domain, on: connection, session: "\(connection % 6)")
            case 1: desk.lose(connection)
            case 2: _ = desk.operate(.release(application: "shop"))
            case 3: _ = desk.operate(.abort(application: "shop"))
            case 4: desk.wait(Double.random(in: 0...40, using: &random))
            case 5:
                desk.say(
                    MemberState.allCases.randomElement(using: &random) ?? .ready,
                    from: connection
                )
            default:
                var progress = Progress()
                progress.remainingByteCount = number()
                progress.transferredByteCount = number()
                progress.bytesPerSecond = number()
                progress.pauseMilliseconds = number()
                progress.secondsToReady = Bool.random(using: &random) ? Double(number()) : nil
                desk.receive(.progress(progress), from: connection)
            }
        }
        #expect(
            desk.groups.snapshots(at: desk.now).count <= GroupLimits.keptCountPerApplication + 1
        )
    }
}

extension String {
    fileprivate func replacing(_ old: String, _ new: String) -> String { replacing(old, with: new) }
}
