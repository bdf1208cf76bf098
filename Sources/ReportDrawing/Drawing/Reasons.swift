internal import MigrationReport

/// What was decided after the rounds, and why; equal decisions in a row are told once.
struct Reasons: Equatable {
    let rounds: String
    let text: String

    private static let lineCountMaximum = 12

    static func lines(_ history: MigrationHistory) -> [Reasons] {
        var groups: [(first: Int, last: Int, text: String)] = []
        for round in history.rounds where !round.reason.isEmpty {
            let text = "\(round.verdict): \(round.reason)"
            if let group = groups.last, group.text == text {
                groups[groups.count - 1].last = round.round
            } else {
                groups.append((round.round, round.round, text))
            }
        }
        let left = groups.count - lineCountMaximum
        var lines = groups.suffix(lineCountMaximum).map { group in
            Reasons(
                rounds: group.first == group.last
                    ? "round \(group.first)" : "rounds \(group.first)–\(group.last)",
                text: group.text
            )
        }
        if left > 0 {
            lines.insert(Reasons(rounds: "before", text: "\(left) other decisions"), at: 0)
        }
        if let end = history.end, end.status != .completed || lines.isEmpty, !end.reason.isEmpty {
            lines.append(Reasons(rounds: "end", text: "\(end.status.rawValue): \(end.reason)"))
        }
        return lines
    }
}
