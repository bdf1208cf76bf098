import Glibc
import LibxlSide
import MigrationReport
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// Where the save helper takes its settings and the guest's name from.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct XenstoreSettingsTests {
    private static let uuid = "5f3c1a2e-0a63-4a4e-9d0f-3a1f1f0e6c11"

    private func guest() throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 1, pageCount: 60))
    }

    @Test func theStrongestPlaceWins() async throws {
        let files = try guest()
        let file = """
            policy = "observe"
            max-pause = "9s"
            bandwidth-limit = "900M"
            stream = "stock"
            [domain.shop]
            max-pause = "8s"
            bandwidth-limit = "800M"
            stream = "stock"
            [domain.other]
            policy = "stock"
            [domain."\(Self.uuid)"]
            stream = "extended"
            """
        try writeFile(files.configuration, Array(file.utf8))
        try files.setXenstore("name", "shop")
        let environment = [
            "CLOUDNET_CONFIG": files.configuration, "SIMULATED_XEN_UUID": Self.uuid,
            "CLOUDNET_REPORT": files.report,
        ]
        func startOfSave(_ more: [String: String] = [:]) async throws -> StartRecord {
            let saved = try await files.saveToFile(environment.merging(more) { $1 })
            #expect(saved.completion == .success)
            let history = try #require(try files.reportedMigrations().last)
            #expect(history.migration.name == "shop")
            #expect(history.migration.uuid == Self.uuid)
            #expect(history.migration.domid == 7)
            return try #require(history.start)
        }

        var start = try await startOfSave()
        #expect(start.stream == "extended")
        #expect(start.policy == "observe")
        #expect(start.pauseLimitMilliseconds == 8000)
        #expect(start.bandwidthLimit == 800_000_000)

        try files.setXenstore("cloudnet/max-pause", "7s")
        try files.setXenstore("cloudnet/bandwidth-limit", "none")
        start = try await startOfSave()
        #expect(start.pauseLimitMilliseconds == 7000)
        #expect(start.bandwidthLimit == nil)

        start = try await startOfSave([
            "CLOUDNET_MAX_PAUSE": "6s", "CLOUDNET_POLICY": "smart", "CLOUDNET_STREAM": "stock",
        ])
        #expect(start.stream == "stock")
        #expect(start.policy == "smart")
        #expect(start.pauseLimitMilliseconds == 6000)
        #expect(start.bandwidthLimit == nil)
    }

    @Test func aGuestWithoutANameIsNamedByItsNumber() async throws {
        let files = try guest()
        let saved = try await files.saveToFile(["CLOUDNET_REPORT": files.report])
        #expect(saved.completion == .success)
        #expect(try files.reportedMigrations().first?.migration.name == "domain 7")
    }

    @Test func aWrongValueStopsBeforeTheStartAndNamesTheWayOut() async throws {
        let files = try guest()
        try files.setXenstore("cloudnet/max-pause", "soon\u{1b}[2J")
        let saved = try await files.saveToFile()
        files.expectGuestStays(saved, errorNumber: EINVAL)
        let message = saved.errors.last ?? ""
        #expect(message.hasPrefix("xenstore, cloudnet/max-pause: max-pause is 'soon"))
        #expect(!message.contains("\u{1b}"))
        #expect(message.contains("CLOUDNET_STREAM=stock"))
        #expect(message.hasSuffix("the guest stays on this host"))
        #expect(try readFile(files.stream).isEmpty)
        #expect(try files.events().isEmpty)

        // The way out is open.
        let stock = try await files.saveToFile(["CLOUDNET_STREAM": "stock"])
        #expect(stock.completion == .success)
        #expect(stock.log.contains { $0.contains("passed over: xenstore, cloudnet/max-pause") })
    }
}
