import ReportSupport

/// The raw results, one line per migration.
final class ResultFile {
    private let lines: ResultLines
    private var measurements: [Scenario: [MigrationMeasurement]] = [:]
    private var conditionIndices: [Scenario: Set<Int>] = [:]

    /// Reads the file, if there is one.
    init(path: String) throws {
        let heads = ["guest", "link", "method"] + MigrationMeasurement.columns
        lines = try ResultLines(path: path, heads: heads)
        for (row, conditionIndex) in zip(lines.rows, lines.conditionIndices) {
            guard let measurement = MigrationMeasurement(cells: row.dropFirst(3).map { $0[...] })
            else {
                throw ReportError.malformedResult(path: path, line: row.joined(separator: ","))
            }
            let scenario = Scenario(guest: row[0], link: row[1], method: row[2])
            note(measurement, of: scenario, under: conditionIndex)
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

    /// What the results were measured on and how; each text once.
    var conditions: [String] { lines.conditions }

    /// Under which of these a scenario was measured, in ascending order.
    func conditionIndices(of scenario: Scenario) -> [Int] {
        conditionIndices[scenario, default: []].sorted()
    }

    /// The names of all guests that have results, in alphabetical order.
    var guests: [String] { Set(measurements.keys.map(\.guest)).sorted() }

    /// Notes what the following results are measured on and how.
    func begin(under condition: String) throws { try lines.begin(under: condition) }

    func add(_ measurement: MigrationMeasurement, of scenario: Scenario) throws {
        try lines.append([[scenario.guest, scenario.link, scenario.method] + measurement.cells])
        note(measurement, of: scenario, under: lines.conditionIndices.last ?? nil)
    }

    private func note(
        _ measurement: MigrationMeasurement,
        of scenario: Scenario,
        under conditionIndex: Int?
    ) {
        measurements[scenario, default: []].append(measurement)
        if let conditionIndex { conditionIndices[scenario, default: []].insert(conditionIndex) }
    }
}
