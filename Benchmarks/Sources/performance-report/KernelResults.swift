import Foundation
import ReportSupport

/// The throughput of the page codec's parts, from files that the benchmark plugin wrote in the
/// format `influx`, each from one round over all benchmarks.
struct KernelResults {
    /// What was done, to what, and how fast: medians over the rounds.
    struct Row {
        let work: String
        let subject: String
        let gigabytesPerSecond: Double
        let shareOfMemcpy: Double
    }

    /// Kernels, which go through single pages.
    let kernels: [Row]

    /// By stream, what goes through whole batches.
    let batches: [(stream: String, rows: [Row])]

    /// The subject of the reference for the kernels.
    private static let pages = "pages with content"

    init(readingFiles paths: [String]) throws {
        let rounds = try paths.map(Self.megabytesPerSecond)
        let names = Set(rounds.flatMap(\.keys)).sorted()
        let streams = names.filter { $0.hasPrefix("memcpy: ") && !$0.hasSuffix(Self.pages) }
            .map { String($0.dropFirst("memcpy: ".count)) }
        var kernels: [Row] = []
        var batches: [String: [Row]] = [:]
        for name in names {
            let parts = name.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw ContentError.kernelResultsIncomplete(name) }
            let subject = String(parts[1].dropFirst())
            let reference = "memcpy: \(streams.contains(subject) ? subject : Self.pages)"
            let pairs = try rounds.map { round in
                guard let value = round[name], let memcpy = round[reference] else {
                    throw ContentError.kernelResultsIncomplete(name)
                }
                return (value: value, share: value / memcpy)
            }
            let row = Row(
                work: String(parts[0]),
                subject: subject,
                gigabytesPerSecond: pairs.map(\.value).median / 1000,
                shareOfMemcpy: pairs.map(\.share).median
            )
            if streams.contains(subject) {
                batches[subject, default: []].append(row)
            } else {
                kernels.append(row)
            }
        }
        self.kernels = kernels
        self.batches = streams.map { ($0, batches[$0, default: []]) }
    }

    /// The median of each benchmark in one file.
    private static func megabytesPerSecond(ofFile path: String) throws -> [String: Double] {
        var values: [String: Double] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 15, fields[6] == "MB/s", fields[9] == "50.0" else { continue }
            values[String(fields[8])] = Double(fields[10])
        }
        return values
    }
}
