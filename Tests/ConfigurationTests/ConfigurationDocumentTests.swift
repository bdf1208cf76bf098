import ConfigurationSyntax
import TestSupport
import Testing

@testable import Configuration

/// What `docs/configuration.md` says is what the code does.
struct ConfigurationDocumentTests {
    private let lines: [String]

    init() throws {
        let bytes = try Repository.bytes(ofFile: Repository.path + "/docs/configuration.md")
        lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        ).map(String.init)
    }

    @Test func theTableIsTheOneInTheCode() throws {
        let start = try #require(lines.firstIndex { $0.hasPrefix("| Name | Accepts |") })
        let rows = lines[(start + 2)...].prefix { $0.hasPrefix("|") }
        let expected = SettingKey.all.map { key in
            "| `\(key.name)` | \(key.accepts) | `\(key.defaultText)` | \(key.meaning) |"
        }
        #expect(
            Array(rows) == expected,
            "the table should be:\n\(expected.joined(separator: "\n"))"
        )
    }

    @Test func theExampleIsAGoodFile() throws {
        let start = try #require(lines.firstIndex(of: "```toml"))
        let example = lines[(start + 1)...].prefix { $0 != "```" }.joined(separator: "\n")
        let found = settings(example, domain: .init(name: "web1", uuid: nil))
        #expect(found.problems.isEmpty)
        #expect(found.settings.maxPause == .milliseconds(100))
        #expect(found.settings.whenUnmet == .abort)
        #expect(found.settings.bandwidthLimit == 40_000_000)
    }

    @Test func theLimitsAndTheMessageAreRight() {
        let text = lines.joined(separator: " ")
        #expect(text.contains("at most \(SettingsFile.byteCountMaximum >> 20) MiB"))
        #expect(text.contains("at most \(TomlDocument.lineByteCountMaximum) bytes"))
        #expect(text.contains(SettingsFile.standardPath) && text.contains(SettingsFile.variable))
        #expect(lines.contains(file("\nmax-puase = \"1s\"").problems.first?.description ?? "?"))
    }
}
