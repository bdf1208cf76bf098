import TestSupport
import Testing

@testable import Configuration

struct ConfigurationCheckTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("cloudnet.conf")
    }

    private func check(
        _ content: String?,
        domain: String? = nil,
        environment: [String: String] = [:]
    ) throws -> ConfigurationCheck {
        if let content { try Repository.write(Array(content.utf8), toFile: path) }
        return ConfigurationCheck(
            environment: { environment[$0] },
            file: path,
            domain: domain.map { DomainIdentity(nameOrUUID: $0) },
            xenstore: { $0 == "min-rounds" ? "4" : nil }
        )
    }

    @Test func everySettingIsShownWithItsOrigin() throws {
        let good = try check(
            "max-pause = '1s'\n[domain.web1]\nmax-pause = '2s'\n",
            domain: "web1",
            environment: ["CLOUDNET_THREADS": "2"]
        )
        #expect(good.isGood)
        let lines = good.text.split(separator: "\n").map(String.init)
        #expect(lines.first == "# \(path) is good")
        #expect(lines.count == 1 + SettingKey.all.count)
        #expect(lines.contains("max-pause = 2s (from \(path) line 3)"))
        #expect(lines.contains("threads = 2 (from CLOUDNET_THREADS)"))
        #expect(lines.contains("min-rounds = 4 (from xenstore, cloudnet/min-rounds)"))
        #expect(lines.contains("stream = extended (the default)"))
    }

    @Test func itSaysWhetherThereIsAFileAndASection() throws {
        #expect(try check(nil).text.hasPrefix("# \(path) is not there\n"))
        #expect(try check("[domain.a]", domain: "b").text.contains("no section for this domain"))
        #expect(try !check("[domain.a]", domain: "a").text.contains("no section"))
    }

    @Test func everythingThatIsWrongIsShownWithTheWayOut() throws {
        let bad = try check("thread = 1\npolicy = 1", environment: ["CLOUDNET_STREAM": "zip"])
        #expect(!bad.isGood)
        let lines = bad.text.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("\(path) line 1: ") && lines[1].hasPrefix("\(path) line 2: "))
        #expect(lines[2].hasPrefix("CLOUDNET_STREAM is 'zip', but must be extended or stock"))
        #expect(lines[3].contains("CLOUDNET_STREAM=stock"))
    }
}
