internal import Coordination
internal import MigrationReport
internal import ReportDrawing

/// Groups as lines of printable ASCII; `-` for what is not known.
enum GroupsTable {
    /// One line for each group.
    static func list(_ groups: [GroupSnapshot]) -> [String] {
        guard !groups.isEmpty else { return ["no group is known"] }
        var table = TextTable(
            [.text("APPLICATION"), .number("GROUP"), .text("STATE"), .number("MEMBERS")]
                + [.number("SENT"), .number("TO SEND"), .number("ARRIVAL"), .number("PAUSE")]
                + [.number("SKEW")]
        )
        for group in groups {
            table.rows.append([
                name(group.application), "\(group.group)", group.state.rawValue,
                memberCount(group, of: "/"),
                Units.bytes(sum(group) { $0.transferredByteCount }),
                Units.bytes(sum(group) { $0.remainingByteCount }),
                arrival(group), Units.time(milliseconds: longestPause(group)), skew(group),
            ])
        }
        return table.lines
    }

    /// A group and its members.
    static func details(_ group: GroupSnapshot) -> [String] {
        let facts = [
            "\(memberCount(group, of: " of ")) members",
            "started \(UTCTime.text(secondsSince1970: group.startTime))",
            "arrival \(arrival(group))", "skew \(skew(group))",
        ]
        let heading = "\(name(group.application)), group \(group.group): \(group.state.rawValue)"
        var lines = [heading + because(group.reason), facts.joined(separator: ", ")]
        guard !group.members.isEmpty else { return lines }
        var table = TextTable(
            [.text("DOMAIN"), .text("HOST"), .text("STATE"), .number("ROUND"), .number("SENT")]
                + [.number("TO SEND"), .number("MBIT/S"), .number("PAUSE"), .text("TOLD")]
        )
        for member in group.members {
            let progress = member.progress
            table.rows.append([
                name(member.domain), name(member.host),
                member.state.rawValue + (isLost(member) ? "?" : ""), "\(progress.round)",
                Units.bytes(progress.transferredByteCount),
                Units.bytes(progress.remainingByteCount),
                progress.bytesPerSecond > 0
                    ? Units.threeDigits(Double(progress.bytesPerSecond) * 8 / 1e6) : "-",
                Units.time(milliseconds: progress.pauseMilliseconds),
                member.decision?.action.rawValue ?? "-",
            ])
        }
        lines += [""] + table.lines
        let notes = group.members.flatMap(notes)
        return lines + (notes.isEmpty ? [] : [""] + notes)
    }

    /// What was done to a group, and how it is now.
    ///
    /// - Parameters:
    ///   - what: What it was told, such as "to abort".
    ///   - group: The group as it is after that.
    /// - Returns: Lines.
    static func outcome(_ what: String, _ group: GroupSnapshot) -> [String] {
        let count = group.members.count
        return [
            "told group \(group.group) of \(name(group.application)) \(what)"
                + " (\(count) \(count == 1 ? "member" : "members"))",
            "",
        ] + details(group)
    }

    private static func notes(_ member: MemberSnapshot) -> [String] {
        var notes: [String] = []
        if isLost(member) { notes.append("has no connection to the coordinator (?)") }
        if !member.reason.isEmpty {
            notes.append("\(member.state.rawValue)\(because(member.reason))")
        }
        if let decision = member.decision, !decision.reason.isEmpty {
            notes.append("told to \(decision.action.rawValue)\(because(decision.reason))")
        }
        return notes.map { "\(name(member.domain)): \($0)" }
    }

    /// How long it takes until all guests run again.
    private static func arrival(_ group: GroupSnapshot) -> String {
        if group.state == .released { return "now" }
        guard !group.state.isOver, let seconds = group.secondsToStop else { return "-" }
        return "in " + Units.time(seconds: seconds + Double(longestPause(group)) / 1000)
    }

    private static func skew(_ group: GroupSnapshot) -> String {
        group.skewMilliseconds.map { Units.time(seconds: $0 / 1000) } ?? "-"
    }

    private static func longestPause(_ group: GroupSnapshot) -> Int {
        group.members.filter { $0.state != .failed }.map(\.progress.pauseMilliseconds).max() ?? 0
    }

    private static func memberCount(_ group: GroupSnapshot, of separator: String) -> String {
        "\(group.members.count)" + (group.expectedMemberCount.map { "\(separator)\($0)" } ?? "")
    }

    private static func isLost(_ member: MemberSnapshot) -> Bool {
        !member.isConnected && !member.state.isOver
    }

    /// What the members say may be any numbers.
    private static func sum(_ group: GroupSnapshot, _ value: (Progress) -> Int) -> Int {
        group.members.reduce(0) { sum, member in
            let (result, overflow) = sum.addingReportingOverflow(value(member.progress))
            return overflow ? .max : result
        }
    }

    private static func name(_ text: String) -> String {
        VisibleText.terminal(text, columnCount: 32)
    }

    private static func because(_ reason: String) -> String {
        reason.isEmpty ? "" : ": " + VisibleText.terminal(reason, columnCount: 200)
    }
}

/// Columns that are as wide as what stands in them.
private struct TextTable {
    enum Column {
        case text(String)
        case number(String)
    }

    let columns: [Column]
    var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    var lines: [String] {
        let titles = columns.map { column in
            switch column {
            case .text(let title), .number(let title): title
            }
        }
        let all = [titles] + rows
        let widths = columns.indices.map { index in all.map { $0[index].count }.max() ?? 0 }
        return all.map { row in
            let cells = columns.indices.map { index in
                let space = String(repeating: " ", count: widths[index] - row[index].count)
                return switch columns[index] {
                case .text: row[index] + space
                case .number: space + row[index]
                }
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
