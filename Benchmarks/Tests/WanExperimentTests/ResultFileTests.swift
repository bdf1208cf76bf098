import ReportSupport
import Testing

@testable import wan_experiment

struct ResultFileTests {
    private let file = TemporaryResults()
    private let scenario = Scenario(guest: "kbuild-256", link: "100m", method: "all")

    @Test func whatIsWrittenIsReadAgain() throws {
        let written = try file.results()
        try written.begin(under: "a machine, with commas, of two cores")
        var generator = SystemRandomNumberGenerator()
        var measurements: [MigrationMeasurement] = []
        for _ in 0..<20 {
            var measurement = MigrationMeasurement.taking(
                total: .random(in: 0..<100, using: &generator),
                pause: .random(in: 0..<1, using: &generator),
                cpu: .random(in: 0..<10, using: &generator)
            )
            measurement.byteCount = .random(in: 0...Int.max, using: &generator)
            measurements.append(measurement)
            try written.add(measurement, of: scenario)
        }
        let read = try file.results()
        #expect(read[scenario].map(\.cells) == measurements.map(\.cells))
        #expect(read[scenario].map(\.totalSeconds) == measurements.map(\.totalSeconds))
        #expect(read.conditions == ["a machine, with commas, of two cores"])
        #expect(read.guests == ["kbuild-256"])
    }

    @Test func anExperimentGoesOnWhereItWas() throws {
        let first = try file.results()
        try first.begin(under: "one day")
        try first.add(.taking(), of: scenario)
        let second = try file.results()
        try second.begin(under: "one day")
        try second.begin(under: "another day")
        try second.add(.taking(total: 20), of: scenario)
        let lines = try file.read().split(separator: "\n")
        // Heads once, each condition once.
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix("guest,link,method,total_s,"))
        #expect(try file.results()[scenario].map(\.totalSeconds) == [10, 20])
    }

    @Test(arguments: [
        "kbuild,100m", "kbuild,100m,all,1,2,3,4,5,6,7,8", "kbuild,100m,all,1,2,x,4,5,6,7,8,9",
        "kbuild,100m,all,1,2,3,4,5,6,7,8,9,10", ",,,,,,,,,,,",
    ])
    func aLineThatIsNoResultIsNamed(line: String) throws {
        try file.write(line + "\n")
        let error = #expect(throws: ReportError.self) { try file.results() }
        #expect(error.map { "\($0)" } == "'\(file.path)' has a line '\(line)'.")
    }

    @Test func aFileThatIsNotThereHasNothing() throws {
        let results = try file.results()
        #expect(results.guests.isEmpty && results[scenario].isEmpty)
    }
}
