import MigrationStream
import Testing

@testable import Configuration

struct SettingsFileTests {
    private static let uuid = "6a7c1d0e-2f0b-4a1e-9f5c-0d1e2f3a4b5c"

    @Test func theFileOfTheDocumentSaysWhatItSeems() {
        let text = """
            # For all domains.
            max-pause = "500ms"
            threads = 2
            limit-final-round = true
            compression = -3

            [domain.web1]
            max-pause = "100ms"

            [domain."www.example.org"]
            max-pause = "200ms"

            [domain.\(Self.uuid)]
            max-pause = "50ms"
            """
        #expect(file(text).problems.isEmpty)
        let pauses: [(DomainIdentity?, Duration)] = [
            (nil, .milliseconds(500)), (.init(name: "web2", uuid: nil), .milliseconds(500)),
            (.init(name: "web1", uuid: nil), .milliseconds(100)),
            (.init(name: "www.example.org", uuid: nil), .milliseconds(200)),
            (.init(name: "web1", uuid: Self.uuid), .milliseconds(50)),
            (.init(nameOrUUID: Self.uuid.uppercased()), .milliseconds(50)),
            (.init(name: "WEB1", uuid: nil), .milliseconds(500)),
        ]
        for (domain, pause) in pauses {
            let found = settings(text, domain: domain).settings
            #expect(found.maxPause == pause)
            #expect(found.threads?.value == 2)
            #expect(found.limitsFinalRound)
            #expect(found.compression == .level(-3))
        }
    }

    @Test func aValueKnowsItsLine() {
        let text = "\n# comment\nmax-pause = \"300ms\"\n[domain.a]\n\npolicy = 'stock'\n"
        let found = settings(text, domain: .init(name: "a", uuid: nil)).settings
        #expect(
            found.describe(\.maxPause) == "max-pause = 300ms (from /etc/xen/cloudnet.conf line 3)"
        )
        #expect(found.describe(\.policy) == "policy = stock (from /etc/xen/cloudnet.conf line 6)")
        #expect(found.describe(\.threads) == "threads = auto (the default)")
        #expect(found.origin(of: \.policy) == .file(path: path, line: 6))
    }

    @Test(
        arguments: [
            // A file, and what its one message must name.
            ("\nmax-puase = \"1s\"", ["line 2:", "'max-puase'", "did you mean max-pause?"]),
            ("MAX_PAUSE = \"1s\"", ["line 1:", "did you mean max-pause?"]),
            ("colour = 1", ["line 1:", "'colour'", "the settings are stream, cache-mib"]),
            (
                "max-pause = 300",
                [
                    "line 1: max-pause is '300', which has no unit, but must be",
                    "a time with its unit",
                ]
            ),
            ("max-pause = \"2h\"", ["line 1: max-pause is '2h', but must be", "from 1ms to 1h"]),
            ("threads = 99", ["line 1: threads is '99', but must be", "from 1 to 8"]),
            ("threads = 1.5", ["line 1: threads is a decimal fraction, but must be"]),
            ("threads = [1]", ["line 1: threads is a list"]),
            ("threads = 1979-05-27", ["line 1: threads is a date or time"]),
            ("threads = {}", ["line 1: threads is a section"]),
            ("threads.x = 1", ["line 1: threads is a section"]),
            ("stream = \"\"", ["line 1: stream is ''", "extended or stock"]),
            (
                "report = \"x.jsonl\"",
                ["line 1: report is 'x.jsonl', which does not start with /"]
            ),
            ("threads = 1\nthreads = 2", ["line 2: this is not TOML", "'threads'"]),
            ("[domain.a]\n[domain.a]", ["line 2: this is not TOML"]),
            ("[domain.a]\n\nthread = 1", ["line 3:", "did you mean threads?"]),
            ("[domain.a]\nthreads = 0", ["line 2: threads is '0'"]),
            ("[domian.a]", ["line 1: there is no section 'domian'; did you mean domain?"]),
            ("[web1]\nthreads = 1", ["line 1: there is no section 'web1'", "[domain.web1]"]),
            ("[\"a b\"]", ["[domain.\"a b\"]"]),
            ("[domain.www.example]\nthreads = 1", ["line 1:", "[domain.\"www.example\"]"]),
            ("[domain]\nthreads = 1", ["line 2: 'domain' is no setting"]),
            ("domain = 1", ["line 1: 'domain' is no setting"]),
            ("[[domain]]", ["line 1: 'domain' is no setting"]),
            ("max-pause = 300ms", ["line 1: this is not TOML", "quotation marks"]),
            ("a\u{1b}[31mb = 1", ["line 1: this is not TOML"]),
            ("\n\ncaf\u{e9} = 1", ["line 3: only lines that are comments"]),
            ("\"caf\\u00e9\" = 1", ["there is no setting 'caf\u{e9}'"]),
            ("\"a\\u001b[31mb\" = 1", ["'a\\u{1B}[31mb'"]),
            (
                "[domain.\(uuid)]\n[domain.\(uuid.uppercased())]",
                ["line 2: there is a section for domain"]
            ),
        ] as [(String, [String])]
    )
    func oneMistakeGivesOneMessageWithItsPlace(text: String, parts: [String]) {
        let problems = file(text).problems
        #expect(problems.count == 1, "\(problems)")
        let message = problems.first?.description ?? ""
        #expect(message.hasPrefix(path))
        for part in parts { #expect(message.contains(part), "\(message)") }
    }

    @Test func allMistakesAreFoundInTheOrderOfLines() {
        let problems = file("threads = 0\nzzz = 1\n[domain.b]\npolicy = 1\n[domain.a]\nx = 1")
            .problems
        #expect(
            problems.map(\.origin) == [1, 2, 4, 6].map { .file(path: path, line: $0) }
        )
        // A mistake in the section of another domain counts.
        #expect(settings("[domain.b]\npolicy = 1").problems.count == 1)
    }

    @Test func theMessageOfAnErrorNamesTheWaysOut() {
        let (_, problems) = settings("threads = 0\npolicy = 1")
        let text = SettingsError(problems: problems).description
        #expect(text.contains("line 1: threads is '0'") && text.contains("(and 1 more)"))
        #expect(text.contains("CLOUDNET_STREAM=stock") && text.contains("LIBXL_SAVE_HELPER"))
        #expect(!text.contains("\n"))
    }
}
