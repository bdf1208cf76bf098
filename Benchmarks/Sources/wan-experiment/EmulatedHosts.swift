import Foundation
import ReportSupport

/// What `make wan-xen` measured between two emulated hosts with the real Xen.
struct EmulatedHosts {
    /// A migration.
    struct Run: Equatable {
        let totalSeconds: Double
        let pauseSeconds: Double
        let byteCount: Int
        let roundCount: Int
    }

    /// The runs of each pair of helpers, in the order of the file.
    let methods: [(helpers: String, runs: [Run])]

    private static let head = "helpers,seconds,pause,bytes,rounds"

    /// Reads the file.
    ///
    /// - Throws: `ExperimentError` if a line is no result, or what Foundation throws for a file.
    init(path: String) throws {
        var methods: [(helpers: String, runs: [Run])] = []
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n") where line != Self.head {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard
                cells.count == 5, let totalSeconds = Double(cells[1]),
                let pauseSeconds = Double(cells[2]), let byteCount = Int(cells[3]),
                let roundCount = Int(cells[4])
            else { throw ReportError.malformedResult(path: path, line: String(line)) }
            let run = Run(
                totalSeconds: totalSeconds,
                pauseSeconds: pauseSeconds,
                byteCount: byteCount,
                roundCount: roundCount
            )
            if let index = methods.firstIndex(where: { $0.helpers == cells[0] }) {
                methods[index].runs.append(run)
            } else {
                methods.append((String(cells[0]), [run]))
            }
        }
        self.methods = methods
    }

    /// The medians.
    var table: MarkdownTable {
        var table = MarkdownTable([
            "Helpers", "runs", "total s", "pause seen by the guest s", "MB on the wire", "rounds",
        ])
        for (helpers, runs) in methods {
            func median(_ value: (Run) -> Double) -> Double { runs.map(value).median }
            table.append([
                helpers, "\(runs.count)", median(\.totalSeconds).threeDigits,
                median(\.pauseSeconds).threeDigits,
                median { Double($0.byteCount) / 1e6 }.threeDigits,
                median { Double($0.roundCount) }.fixed(0),
            ])
        }
        return table
    }
}
