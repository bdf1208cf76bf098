import Foundation
import Glibc
import ReportSupport

/// The raw results as comma-separated values, one line per migration.
///
/// Lines that start with `#` say what the following ones were measured on and how. A line is
/// written when its migration ends: an experiment that was interrupted goes on from there.
final class ResultFile {
    /// What the results were measured on and how; each text once.
    private(set) var conditions: [String] = []

    private let path: String
    private var measurements: [Scenario: [MigrationMeasurement]] = [:]

    private static let heads = ["guest", "link", "method"] + MigrationMeasurement.columns

    /// Reads the file, if there is one.
    init(path: String) throws {
        self.path = path
        guard access(path, F_OK) == 0 else { return }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let head = Self.heads.joined(separator: ",")
        for line in text.split(separator: "\n") where line != head {
            if line.hasPrefix("# ") {
                addCondition(String(line.dropFirst(2)))
                continue
            }
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard
                cells.count > 3,
                let measurement = MigrationMeasurement(cells: Array(cells.dropFirst(3)))
            else { throw ExperimentError.malformedResult(path: path, line: String(line)) }
            let scenario = Scenario(
                guest: String(cells[0]),
                link: String(cells[1]),
                method: String(cells[2])
            )
            measurements[scenario, default: []].append(measurement)
        }
    }

    subscript(_ scenario: Scenario) -> [MigrationMeasurement] {
        measurements[scenario, default: []]
    }

    /// What a method took where it was measured.
    subscript(_ guest: String, _ link: WanLink, _ method: MigrationMethod) -> [MigrationMeasurement]
    {
        self[Scenario(guest: guest, link: link.key, method: method.key)]
    }

    /// The names of all guests that have results, in alphabetical order.
    var guests: [String] { Set(measurements.keys.map(\.guest)).sorted() }

    /// Notes what the following results are measured on and how.
    func begin(under condition: String) throws {
        let isNew = access(path, F_OK) != 0
        guard !conditions.contains(condition) else { return }
        addCondition(condition)
        try append((isNew ? Self.heads.joined(separator: ",") + "\n" : "") + "# \(condition)\n")
    }

    func add(_ measurement: MigrationMeasurement, of scenario: Scenario) throws {
        measurements[scenario, default: []].append(measurement)
        let cells = [scenario.guest, scenario.link, scenario.method] + measurement.cells
        try append(cells.joined(separator: ",") + "\n")
    }

    private func addCondition(_ condition: String) {
        if !conditions.contains(condition) { conditions.append(condition) }
    }

    private func append(_ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ReportError.cannotOpen(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
    }
}
