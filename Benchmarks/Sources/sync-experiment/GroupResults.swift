import ReportSupport

/// The raw results, one line per member of each run.
final class GroupResults {
    private let lines: ResultLines
    private var measurements: [GroupRun: GroupMeasurement] = [:]

    /// Reads the file, if there is one.
    init(path: String) throws {
        let heads = ["scenario", "method", "run"] + MemberMeasurement.columns
        lines = try ResultLines(path: path, heads: heads)
        var members: [GroupRun: [MemberMeasurement]] = [:]
        for row in lines.rows {
            guard
                let number = Int(row[2]),
                let member = MemberMeasurement(cells: Array(row.dropFirst(3)))
            else {
                throw ReportError.malformedResult(path: path, line: row.joined(separator: ","))
            }
            let run = GroupRun(scenario: row[0], method: row[1], number: number)
            members[run, default: []].append(member)
        }
        measurements = members.mapValues { GroupMeasurement(members: $0) }
    }

    /// What the results were measured on and how; each text once.
    var conditions: [String] { lines.conditions }

    var isEmpty: Bool { measurements.isEmpty }

    subscript(_ run: GroupRun) -> GroupMeasurement? { measurements[run] }

    /// All runs of a scenario by a method, in their order.
    func runs(_ scenario: GroupScenario, _ method: GroupMethod) -> [GroupMeasurement] {
        measurements.filter { $0.key.scenario == scenario.key && $0.key.method == method.key }
            .sorted { $0.key.number < $1.key.number }.map(\.value)
    }

    /// Notes what the following results are measured on and how.
    func begin(under condition: String) throws { try lines.begin(under: condition) }

    func add(_ measurement: GroupMeasurement, of run: GroupRun) throws {
        measurements[run] = measurement
        try lines.append(
            measurement.members.map { [run.scenario, run.method, "\(run.number)"] + $0.cells }
        )
    }
}
