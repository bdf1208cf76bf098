import ReportSupport
import Testing

@testable import wan_experiment

struct TargetTests {
    private let file = TemporaryResults()

    private func target(_ results: ResultFile, _ title: String) throws -> Target {
        try #require(Target.all(results).first { $0.title == title })
    }

    @Test func theMedianIsInTheMiddle() {
        #expect([3.0, 1, 2].median == 2)
        #expect([4.0, 1, 2, 100].median == 3)
        #expect([7.0].median == 7)
    }

    @Test func changesAreThoseOfMedians() throws {
        let results = try file.results()
        let stock = [40.0, 1, 1000].map { MigrationMeasurement.taking(total: $0) }
        let whole = [10.0, 9, 11].map { MigrationMeasurement.taking(total: $0) }
        try results.add(stock, "kbuild", .slow, .stock)
        #expect(results.change(.total, "kbuild", .slow, from: .stock) == nil)
        try results.add(whole, "kbuild", .slow, .whole)
        #expect(results.change(.total, "kbuild", .slow, from: .stock) == -0.75)
        #expect(results.change(.pause, "kbuild", .slow, from: .stock) == 0)
        #expect(results.change(.total, "kbuild", .fast, from: .stock) == nil)
        #expect(results.change(.total, "oltp", .slow, from: .stock) == nil)
    }

    @Test(arguments: [
        ("kbuild-256", 25.0, 40.0, true, true), ("kbuild-256", 25.1, 40.1, false, false),
        ("java-320", 50, 60, true, true), ("java-320", 50.1, 60.1, false, false),
    ])
    func stockIsTheMeasureOverTheSlowLink(
        guest: String,
        total: Double,
        pause: Double,
        isTotalMet: Bool,
        isPauseMet: Bool
    ) throws {
        let results = try file.results()
        try results.add([.taking(total: 100, pause: 100)], guest, .slow, .stock)
        try results.add([.taking(total: total, pause: pause)], guest, .slow, .whole)
        let place = "\(guest), 100 Mb/s, 20 ms"
        let totals = try target(results, "\(place): total against stock")
        #expect(totals.verdict?.isMet == isTotalMet)
        let pauses = try target(results, "\(place): pause against stock")
        #expect(pauses.verdict?.isMet == isPauseMet)
    }

    @Test func compressedStockMustBeBeatenEverywhere() throws {
        let results = try file.results()
        for link in WanLink.all {
            try results.add([.taking(total: 10, pause: 1)], "oltp", link, .compressedStock)
            try results.add([.taking(total: 9, pause: 1)], "oltp", link, .whole)
        }
        let targets = Target.all(results).filter { $0.title.contains("zstd") }
        #expect(targets.count == 6)
        for target in targets {
            let isTotal = target.title.contains("total")
            #expect(
                target.verdict
                    == .init(measured: isTotal ? "-10 %" : "0 %", isMet: isTotal)
            )
        }
    }

    @Test(arguments: [(2.4, true), (2.5, false)])
    func theProcessorIsThatOfTheSlowLink(cpu: Double, isMet: Bool) throws {
        let results = try file.results()
        try results.add([.taking(total: 10, cpu: cpu)], "oltp", .slow, .whole)
        try results.add([.taking(total: 10, cpu: 99)], "oltp", .fast, .whole)
        let target = try target(results, "oltp, 100 Mb/s, 20 ms: CPU of the save helper")
        #expect(target.verdict?.isMet == isMet)
    }

    @Test(arguments: [(10.5, true), (10.6, false)])
    func aFastLinkMayCostALittle(total: Double, isMet: Bool) throws {
        let results = try file.results()
        try results.add([.taking(total: 10)], "oltp", .fast, .stock)
        try results.add([.taking(total: total)], "oltp", .fast, .whole)
        let target = try target(results, "oltp, 1 Gb/s, 1 ms: total against stock")
        #expect(target.verdict?.isMet == isMet)
    }

    @Test(arguments: [(19, true), (18, false)])
    func aLimitCountsWhereItCanBeMet(metCount: Int, isMet: Bool) throws {
        let results = try file.results()
        let short = Array(repeating: MigrationMeasurement.taking(pause: 0.3), count: 20)
        let missed = MigrationMeasurement.taking(pause: 0.301)
        // At the last moment the pause is too long without the limit, too.
        try results.add(short + [missed], "oltp", .slow, .freePause)
        try results.add(
            short.prefix(metCount) + Array(repeating: missed, count: 21 - metCount),
            "oltp",
            .slow,
            .limitedPause
        )
        let target = try target(results, "max-pause=300ms, where it can be met")
        #expect(target.verdict == .init(measured: "\(metCount) of 20 runs", isMet: isMet))
    }

    @Test func withoutResultsNothingIsClaimed() throws {
        let results = try file.results()
        try results.add([.taking()], "kbuild", .slow, .stock)
        #expect(Target.all(results).allSatisfy { $0.verdict == nil })
    }
}
