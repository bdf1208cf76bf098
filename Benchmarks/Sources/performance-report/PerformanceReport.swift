import ArgumentParser
import Foundation
import ReportSupport

/// Measures whole processes and writes the document and its plot.
@main
struct PerformanceReport: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "performance-report")

    @Option(help: "The program to measure.")
    var cloudnet: String

    @Option(help: "A folder of decompressed streams (*.libxc).")
    var streams: String

    @Option(help: "A folder for temporary files.")
    var work: String

    @Option(help: "Where the document goes.")
    var document: String

    @Option(help: "Where the plot goes, beside the document.")
    var plot: String

    @Option(help: "How often each method is measured.")
    var repetitions = 5

    @Flag(help: "Leave out slow and changing links.")
    var quick = false

    @Argument(help: "What the benchmark plugin wrote, one file per round.")
    var kernelResults: [String]

    func run() throws {
        let work = WorkFolder(root: work)
        let methods = Methods(cloudnet: cloudnet)
        let kernels = try KernelResults(readingFiles: kernelResults)
        let results = try StreamFile.all(in: streams).map { file in
            try measure(file, methods, work)
        }
        let report = Report(
            machine: try Machine(programs: ["zstd", "lz4"], work: work),
            repetitionCount: repetitions,
            kernelRoundCount: kernelResults.count,
            streams: results,
            kernels: kernels
        )
        let plotName = String(plot.split(separator: "/").last ?? "")
        try MarkdownReport(report: report, plotName: plotName).text
            .write(toFile: document, atomically: true, encoding: .utf8)
        try Plot(report: report).text.write(toFile: plot, atomically: true, encoding: .utf8)
    }

    private func measure(
        _ file: StreamFile,
        _ methods: Methods,
        _ work: WorkFolder
    ) throws -> Report.Stream {
        func measure(_ methods: [Method], isPinned: Bool) throws -> [StreamMeasurement] {
            try measureMethods(
                methods,
                over: file,
                isPinned: isPinned,
                repetitionCount: repetitions,
                work: work
            )
        }
        Console.note("\(file.name): one core")
        let onOneCore = try measure(methods.onOneCore, isPinned: true)
        let copies = try measureMemoryCopies(of: file, repetitionCount: repetitions)
        Console.note("\(file.name): all cores")
        let onAllCores = try measure(methods.onAllCores, isPinned: false)
        let links = try methods.scenarios.filter { !quick || $0.pace == .fast }.map { scenario in
            Console.note("\(file.name): link, \(scenario.link.name)")
            return (
                scenario, try scenario.run(file, repetitionCount: repetitions, work: work)
            )
        }
        return Report.Stream(
            file: file,
            onOneCore: onOneCore,
            onAllCores: onAllCores,
            copies: copies,
            links: links
        )
    }
}
