import MigrationStream
import TestSupport
import Testing

@testable import Configuration

struct PrecedenceTests {
    private static let domain = DomainIdentity(
        name: "web1",
        uuid: "6a7c1d0e-2f0b-4a1e-9f5c-0d1e2f3a4b5c"
    )

    /// Three values of each setting that are not its default.
    private static let values: [String: [String]] = [
        "stream": ["stock"], "cache-mib": ["5", "6", "7"], "compression": ["1", "2", "3"],
        "threads": ["1", "2", "3"], "page-classes": ["references", "deltas"],
        "policy": ["stock", "observe"], "max-pause": ["1s", "2s", "3s"],
        "max-time": ["1s", "2s", "3s"], "max-bytes": ["1M", "2M", "3M"],
        "when-unmet": ["continue", "abort"], "min-rounds": ["2", "3", "4"],
        "bandwidth-limit": ["1M", "2M", "3M"], "limit-final-round": ["yes"],
        "report": ["/a", "/b", "/c"], "application": ["a", "b", "c"],
        "application-members": ["2", "3", "4"], "application-link": ["a", "b", "c"],
        "coordinator": ["unix:/a", "unix:/b", "tcp:localhost:1"],
        "coordinator-deadline": ["1s", "2s", "3s"], "coordinator-lost": ["alone"],
        "coordinator-ca": ["/a", "/b", "/c"], "coordinator-certificate": ["/a", "/b", "/c"],
        "coordinator-key": ["/a", "/b", "/c"],
    ]

    /// Whichever places say something, the strongest of them counts, and is named as the origin.
    @Test func theStrongestPlaceCounts() throws {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        for _ in 0..<300 {
            var places = (0..<5).map { _ in [String: String]() }
            for key in SettingKey.all {
                for index in places.indices where Bool.random(using: &generator) {
                    let values = try #require(Self.values[key.name])
                    places[index][key.name] = values.randomElement(using: &generator)
                }
            }
            let (general, byName, byUUID) = (places[0], places[1], places[2])
            let text =
                lines(general) + "[domain.web1]\n" + lines(byName)
                + "[domain.\(Self.domain.uuid ?? "")]\n" + lines(byUUID)
                + "[domain.other]\nthreads = 8\n"
            var environment: [String: String] = [:]
            for (name, value) in places[4] {
                environment[try #require(SettingKey.named(name)).environmentName] = value
            }
            let found = settings(
                text,
                domain: Self.domain,
                xenstore: places[3],
                environment: environment
            )
            try #require(found.problems.isEmpty, "\(found.problems)")
            for key in SettingKey.all {
                let strongest = places.lastIndex { $0[key.name] != nil }
                let expected = strongest.flatMap { places[$0][key.name] } ?? key.defaultText
                let isRight =
                    key.text(found.settings) == expected
                    && place(of: found.settings.origin(of: key.path), strongest)
                #expect(isRight, "\(key.name), CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)")
            }
        }
    }

    private func lines(_ values: [String: String]) -> String {
        values.map { "\($0) = \"\($1)\"\n" }.joined()
    }

    private func place(of origin: SettingOrigin, _ strongest: Int?) -> Bool {
        switch (origin, strongest) {
        case (.default, nil), (.file, 0), (.file, 1), (.file, 2), (.xenstore, 3), (.environment, 4):
            true
        default: false
        }
    }

    @Test func emptyTextSaysNothing() {
        let found = settings(
            "threads = 2",
            xenstore: ["threads": ""],
            environment: ["CLOUDNET_THREADS": "", "CLOUDNET_STREAM": ""]
        )
        #expect(found.problems.isEmpty)
        #expect(found.settings.threads?.value == 2)
        #expect(found.settings.format == .extended)
    }

    @Test(arguments: ["none", "5M"])
    func theBandwidthLimitFollowsXenstore(inFile: String) throws {
        let found = settings("bandwidth-limit = \"\(inFile)\"", xenstore: ["bandwidth-limit": "9M"])
        #expect(found.settings.bandwidthLimit == 9_000_000)
        #expect(try found.settings.currentBandwidthLimit { _ in "8M" } == 8_000_000)
        #expect(try found.settings.currentBandwidthLimit { _ in "none" } == nil)
        // Without the leaf, the file counts again.
        let limit = inFile == "none" ? nil : 5_000_000
        #expect(try found.settings.currentBandwidthLimit { _ in nil } == limit)
        let error = #expect(throws: SettingsError.self) {
            try found.settings.currentBandwidthLimit { _ in "8" }
        }
        #expect(error?.description.contains("bandwidth-limit is '8'") ?? false)
    }

    @Test func aBandwidthLimitOfTheEnvironmentStays() throws {
        let found = settings(environment: ["CLOUDNET_BANDWIDTH_LIMIT": "7M"])
        #expect(try found.settings.currentBandwidthLimit { _ in "8M" } == 7_000_000)
    }

    // MARK: Ways out

    @Test(arguments: [["policy": "never"], [:]])
    func stockPassesOverWhatIsWrongElsewhere(xenstore: [String: String]) throws {
        let folder = try TemporaryFolder()
        let broken = folder.path("broken.conf")
        try Repository.write(Array("threads = 2\nthraeds = 2".utf8), toFile: broken)
        #expect(throws: SettingsError.self) { try load(file: broken, xenstore: xenstore) }
        let stock = try load(
            file: broken,
            xenstore: xenstore,
            environment: ["CLOUDNET_STREAM": "stock"]
        )
        #expect(stock.format == .stock && stock.policy == .stock && stock.threads == nil)
        #expect(stock.warnings.count == 1 + xenstore.count)
        #expect(stock.describe(\.policy).contains("CLOUDNET_STREAM=stock"))
        let smart = try load(
            file: broken,
            environment: ["CLOUDNET_STREAM": "stock", "CLOUDNET_POLICY": "smart"]
        )
        #expect(smart.policy == .smart)
        // The file cannot be its own way out, and the environment must be right.
        try Repository.write(Array("stream = 'stock'\nthraeds = 2".utf8), toFile: broken)
        #expect(throws: SettingsError.self) { try load(file: broken) }
        let error = #expect(throws: SettingsError.self) {
            try load(
                file: broken,
                environment: ["CLOUDNET_STREAM": "stock", "CLOUDNET_THREADS": "9"]
            )
        }
        #expect(error?.problems.count == 2)
    }

    @Test func aGoodFileHoldsWithStockAsWell() throws {
        let folder = try TemporaryFolder()
        let good = folder.path("good.conf")
        try Repository.write(Array("max-pause = '1s'".utf8), toFile: good)
        let stock = try load(file: good, environment: ["CLOUDNET_STREAM": "stock"])
        #expect(stock.maxPause == .seconds(1) && stock.policy == .smart && stock.warnings.isEmpty)
    }

    @Test func aRestoreTakesWhatIsRight() throws {
        let folder = try TemporaryFolder()
        let broken = folder.path("broken.conf")
        try Repository.write(Array("threads = 3\npolicy = 'x'".utf8), toFile: broken)
        let file = Settings.loadForRestore(environment: { _ in nil }, file: broken)
        #expect(file.threads?.value == 3 && file.warnings.count == 1)
        let environment = Settings.loadForRestore(
            environment: { $0 == "CLOUDNET_THREADS" ? "99" : nil },
            file: broken
        )
        #expect(environment.threads?.value == 3 && environment.warnings.count == 2)
    }
}
