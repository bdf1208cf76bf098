import Glibc
import MigrationStream
import PosixIO
import TestSupport
import Testing

@testable import Configuration

/// Whatever is in the place of the file, there is a message and no trap.
struct HostileFileTests {
    @Test(
        arguments: [
            "dotted keys": Array((repeated("a.", 500) + "a = 1\n").utf8),
            "a dotted header": Array(("[" + repeated("a.", 500) + "a]\n").utf8),
            "everything nested": nested(),
            "brackets": Array(("threads = " + repeated("[", 1000)).utf8),
            "braces": Array(("threads = " + repeated("{a=", 300)).utf8),
            "one line for ever": [UInt8](repeating: UInt8(ascii: "."), count: 1 << 20),
            "UTF-16": [0xff, 0xfe] + "threads = 2".utf8.flatMap { [$0, 0] },
            "Latin 1": Array("\"caf".utf8) + [0xe9, 0x22],
            "a byte order mark": Array("\u{feff}threads = 2".utf8),
            "a letter that toml++ stumbles over": Array("caf\u{e9} = 1".utf8),
            "overlong UTF-8": Array("report = \"/".utf8) + [0xc0, 0xaf, 0x22],
            "a surrogate": Array("report = \"/\\ud800\"".utf8),
            "NUL": Array("threads = 2\n\u{0}".utf8),
            "NUL in a name": Array("\"threads\\u0000x\" = 2".utf8),
            "a half string": Array("report = \"\"\"/a\n\n\n".utf8),
            "only carriage returns": Array("threads = 1\rthreads = 2\r".utf8),
            "a large number": Array("threads = 99999999999999999999999".utf8),
            "no number": Array("threads = nan".utf8),
            "no key in a header": Array("[=]".utf8),
            "half a header": Array("[domain.".utf8),
            "no name": Array("[domain.\"\"]\nthreads = 9".utf8),
        ] as [String: [UInt8]]
    )
    func whatIsNoConfigurationIsRefused(name: String, content: [UInt8]) {
        let problems = SettingsFile(path: path, content: content).problems
        #expect(problems.count >= 1)
        for problem in problems {
            #expect(problem.description.utf8.count < 1000)
            let isPrintable = problem.description.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && $0.value != 0x7f
            }
            #expect(isPrintable)
        }
    }

    @Test(arguments: [
        "", "\n", "\r\n", "# only this", "  # caf\u{e9}\n", "threads = 2\r\n", "\t \n\n",
    ])
    func whatSaysLittleIsFine(content: String) {
        #expect(file(content).problems.isEmpty)
    }

    @Test func thousandsOfSectionsAreRead() {
        let text = (0..<5000).map { "[domain.web\($0)]\nthreads = \($0 % 8 + 1)\n" }.joined()
        let found = settings(text, domain: .init(name: "web4999", uuid: nil))
        #expect(found.problems.isEmpty)
        #expect(found.settings.threads?.value == 8)
    }

    @Test func noiseNeverTraps() {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        let words = [
            "domain", ".", "=", "[", "]", "{", "}", "\"", "'", "\"\"\"", "\n", "threads", "2", "#",
            "max-pause", "\\u0000", "1s", ",", " ", "\u{1F600}", "true", "0x", "1979-05-27",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 0...40, using: &generator)
            var content = (0..<count).flatMap { _ in
                Array((words.randomElement(using: &generator) ?? "").utf8)
            }
            if !content.isEmpty, Bool.random(using: &generator) {
                let index = content.indices.randomElement(using: &generator) ?? 0
                content[index] = UInt8.random(in: 0...255, using: &generator)
            }
            let lineCount = content.count { $0 == UInt8(ascii: "\n") } + 1
            for problem in SettingsFile(path: path, content: content).problems {
                guard case .file(_, let line?) = problem.origin, 1...lineCount + 1 ~= line else {
                    Issue.record("\(problem), CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)")
                    return
                }
            }
        }
    }

    // MARK: What lies at the path

    @Test func whatIsNoReadableFileIsRefusedByName() throws {
        let folder = try TemporaryFolder()
        let (link, pipe, large) = (folder.path("link"), folder.path("pipe"), folder.path("large"))
        let growing = folder.path("at the limit")
        try #require(symlink("/dev/null", link) == 0 && mkfifo(pipe, 0o600) == 0)
        try Repository.write(
            [UInt8](repeating: 0x0a, count: SettingsFile.byteCountMaximum + 1),
            toFile: large
        )
        try Repository.write(
            [UInt8](repeating: 0x0a, count: SettingsFile.byteCountMaximum),
            toFile: growing
        )
        let expected: [(String, SettingsProblem.Kind)] = [
            (link, .symbolicLink), (pipe, .notARegularFile), (folder.path, .notARegularFile),
            ("/dev/zero", .notARegularFile),
            (large, .fileTooLarge(maximum: SettingsFile.byteCountMaximum)),
            (folder.path("missing"), .missing),
            (
                large + "/below",
                .unreadable(.init("read it", errorNumber: ENOTDIR))
            ),
        ]
        for (path, kind) in expected {
            let named = SettingsFile(environment: { _ in path }, standardPath: "/nowhere")
            #expect(
                named.problems == [
                    SettingsProblem(origin: .file(path: path, line: nil), kind: kind)
                ]
            )
            #expect(named.problems.first?.description.hasPrefix(path) ?? false)
        }
        #expect(SettingsFile(environment: { _ in growing }, standardPath: "").problems.isEmpty)
    }

    @Test func onlyTheStandardFileMayBeMissing() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path("missing")
        #expect(try load(file: missing).origin(of: \.threads) == .default)
        #expect(try load(file: missing, environment: ["CLOUDNET_CONFIG": ""]).warnings.isEmpty)
        #expect(throws: SettingsError.self) {
            try load(file: "/nowhere", environment: ["CLOUDNET_CONFIG": missing])
        }
    }
}

private func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
}

/// Tables in tables in lists, as deep as lines and the parser allow.
private func nested() -> [UInt8] {
    let long = repeated("a.", 505) + "a = "
    let inner = repeated("[{" + repeated("b.", 500) + "b = \n", 3).replacing("= \n", with: "= [\n")
    return Array((("[" + repeated("c.", 500) + "c]\n") + long + inner).utf8)
}
