import ArgumentParser
import Foundation
import Glibc
import MigrationRig
import ReportSupport

/// Moves groups of guests over an emulated link by several methods, and writes what that took.
@main
struct SyncExperiment: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sync-experiment")

    @Option(help: "A folder with helpers, coordinator, link-emulator and libSimulatedXen.so.")
    var programs: String?

    @Option(help: "A folder of decompressed streams (*.libxc), one per recorded guest.")
    var streams: String?

    @Option(help: "A folder for temporary files.")
    var work: String

    @Option(help: "The file of raw results; what it has already is not measured again.")
    var results: String

    @Option(help: "Where the document goes; its plot goes beside it.")
    var document: String

    @Option(help: "How often each group moves by each method.")
    var runs = 3

    @Option(help: "How many times faster than when it was recorded a guest runs.")
    var timeScale = 30.0

    @Option(
        parsing: .singleValue,
        help: "Measure SCENARIO/METHOD only, '*' for any; may be repeated."
    )
    var only: [String] = []

    @Flag(help: "Keep what each helper reported, in the folder for temporary files.")
    var keepReports = false

    @Flag(help: "Measure nothing; draw the results that there are.")
    var draw = false

    func validate() throws {
        guard draw || (programs != nil && streams != nil) else {
            throw ValidationError("--programs and --streams are needed to measure.")
        }
        guard runs >= 1, timeScale > 0 else {
            throw ValidationError("--runs and --time-scale must be above zero.")
        }
    }

    func run() throws {
        // A helper that ends before it is answered must not end the experiment.
        signal(SIGPIPE, SIG_IGN)
        let results = try GroupResults(path: results)
        var failureCount = 0
        if !draw, let programs, let streams {
            failureCount = try measure(Guest.all(in: streams), programs, into: results)
        }
        guard !results.isEmpty else { throw ExperimentError.noResults(path: self.results) }
        let stem = (document as NSString).deletingPathExtension
        try ArrivalPlot(scenario: .tiers, results: results).text
            .write(toFile: "\(stem).svg", atomically: true, encoding: .utf8)
        let plotName = (stem as NSString).lastPathComponent + ".svg"
        try SyncDocument(results: results, plotName: plotName).text
            .write(toFile: document, atomically: true, encoding: .utf8)
        guard failureCount == 0 else {
            throw ExperimentError.unfinished(failureCount: failureCount)
        }
    }

    /// Measures what is missing, one group at a time; methods take turns in random order.
    ///
    /// - Returns: How many groups failed; their reasons went to standard error.
    private func measure(
        _ guests: [Guest],
        _ programs: String,
        into results: GroupResults
    ) throws -> Int {
        let work = WorkFolder(root: work)
        let testBed = try TestBed(
            programs: programs,
            stockHelper: "",
            work: work,
            timeScale: timeScale
        )
        let machine = try Machine(programs: [], work: work)
        try results.begin(
            under: """
                Measured on \(machine.date) on \(machine.description), recorded guests \
                \(timeScale.fixed(0)) times as fast as recorded.
                """
        )
        let guestsByName = Dictionary(uniqueKeysWithValues: guests.map { ($0.name, $0) })
        var failureCount = 0
        var selectedCount = 0
        for number in 1...runs {
            for scenario in GroupScenario.all {
                for method in GroupMethod.all.shuffled() {
                    let run = GroupRun(scenario: scenario.key, method: method.key, number: number)
                    guard only.isEmpty || only.contains(where: run.matches) else { continue }
                    selectedCount += 1
                    guard results[run] == nil else { continue }
                    let migration = GroupMigration(
                        run: run,
                        scenario: scenario,
                        method: method,
                        guests: guestsByName,
                        testBed: testBed,
                        keepsReports: keepReports
                    )
                    do {
                        let measurement = try migration()
                        try results.add(measurement, of: run)
                        Console.note("\(run): \(measurement.totalSeconds.fixed(1)) s")
                    } catch {
                        failureCount += 1
                        Console.note("\(error)")
                    }
                }
            }
        }
        guard selectedCount > 0 else { throw ExperimentError.nothingSelected(only) }
        return failureCount
    }
}
