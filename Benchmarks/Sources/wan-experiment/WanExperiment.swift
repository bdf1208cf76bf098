import ArgumentParser
import Foundation
import Glibc
import MigrationRig
import ReportSupport

/// Migrates guests over emulated links by several methods, and writes what that took.
@main
struct WanExperiment: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wan-experiment")

    @Option(help: "A folder with the helpers, link-emulator and libSimulatedXen.so.")
    var programs: String?

    @Option(help: "Xen's own helper, for both sides.")
    var stockHelper = "/usr/lib/xen-4.17/bin/libxl-save-helper"

    @Option(help: "A folder of decompressed streams (*.libxc), one per guest.")
    var streams: String?

    @Option(help: "A folder for temporary files.")
    var work: String

    @Option(help: "The file of raw results; what it has already is not measured again.")
    var results: String

    @Option(help: "Where the document goes; its plots go beside it.")
    var document: String

    @Option(help: "How often each migration is measured.")
    var runs = 5

    @Option(help: "At how many moments each guest moves with and without a limit for the pause.")
    var maxPauseRuns = 8

    @Option(help: "The results of make wan-xen, for the document.")
    var emulated: String?

    @Option(help: "How many migrations run at the same time if they only wait for the link.")
    var parallel = 5

    @Option(help: "How many times faster than when it was recorded a guest runs.")
    var timeScale = 30.0

    @Option(
        parsing: .singleValue,
        help: "Measure GUEST/LINK/METHOD only, '*' for any; may be repeated."
    )
    var only: [String] = []

    @Flag(help: "Measure nothing; draw the results that there are.")
    var draw = false

    func validate() throws {
        guard draw || (programs != nil && streams != nil) else {
            throw ValidationError("--programs and --streams are needed to measure.")
        }
        guard runs >= 1, maxPauseRuns >= 1, parallel >= 1, timeScale > 0 else {
            throw ValidationError("All counts and --time-scale must be above zero.")
        }
    }

    func run() throws {
        // A helper that ends before it is answered must not end the experiment.
        signal(SIGPIPE, SIG_IGN)
        let results = try ResultFile(path: results)
        var failureCount = 0
        if !draw, let programs, let streams {
            failureCount = try measure(Guest.all(in: streams), programs: programs, into: results)
        }
        guard !results.guests.isEmpty else {
            throw ExperimentError.noResults(path: self.results)
        }
        let stem = (document as NSString).deletingPathExtension
        let plots = BarPlot.all(of: results)
        for plot in plots {
            try plot.text.write(
                toFile: "\(stem)-\(plot.key).svg",
                atomically: true,
                encoding: .utf8
            )
        }
        let name = (stem as NSString).lastPathComponent
        let text = WanDocument(
            results: results,
            emulated: try emulated.map { try EmulatedHosts(path: $0) },
            plotNames: plots.map { "\(name)-\($0.key).svg" }
        ).text
        try text.write(toFile: document, atomically: true, encoding: .utf8)
        guard failureCount == 0 else {
            throw ExperimentError.unfinished(failureCount: failureCount)
        }
    }

    /// Measures what is missing.
    ///
    /// - Returns: How many migrations failed.
    private func measure(
        _ guests: [Guest],
        programs: String,
        into results: ResultFile
    ) throws -> Int {
        let work = WorkFolder(root: work)
        let testBed = try TestBed(
            programs: programs,
            stockHelper: stockHelper,
            work: work,
            timeScale: timeScale
        )
        let migrations = guests.flatMap { guest in
            WanLink.all.flatMap { link in
                (MigrationMethod.all + [.freePause, .limitedPause]).map { method in
                    Migration(
                        scenario: Scenario(guest: guest.name, link: link.key, method: method.key),
                        guest: guest,
                        link: link,
                        method: method,
                        testBed: testBed,
                        runCount: method.startStepSeconds > 0 ? maxPauseRuns : runs
                    )
                }
            }
        }
        let selected = migrations.filter { migration in
            only.isEmpty || only.contains { migration.scenario.matches($0) }
        }
        guard !selected.isEmpty else { throw ExperimentError.nothingSelected(only) }
        let machine = try Machine(programs: ["zstd"], work: work)
        try results.begin(
            under: """
                Measured on \(machine.date) on \(machine.description), guests \(timeScale.fixed(0)) \
                times as fast as recorded. Migrations ran alone over 1 Gb/s and where zstd runs; \
                the others, which wait for links of their own, \(parallel) at a time.
                """
        )
        return try Schedule(parallelCount: parallel).measure(selected, into: results)
    }
}
