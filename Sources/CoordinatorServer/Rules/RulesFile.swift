internal import ConfigurationSyntax
package import Coordination
internal import Glibc

/// The rules file: what holds for all applications, and for single ones (docs/coordinator.md).
package struct RulesFile: Sendable {
    /// The rules, as far as nothing is wrong with them.
    package private(set) var table = RulesTable()
    /// What is wrong, each with its line, in the order of lines.
    package private(set) var problems: [RulesProblem] = []
    private let path: String

    /// Larger files are refused.
    private static let byteCountMaximum = 1 << 20

    /// Reads a file.
    package init(path: String) {
        self.path = path
        do {
            parse(try Self.content(of: path))
        } catch {
            note(nil, "\(error)")
        }
    }

    /// Takes the content of a file.
    package init(path: String, content: [UInt8]) {
        self.path = path
        parse(content)
    }

    /// The rules as they hold, in the form of a rules file.
    package var text: String {
        var text = Self.text(table.standard)
        for (name, rules) in table.applications.sorted(by: { $0.key < $1.key }) {
            text += "\n[application.\"\(printable(name))\"]\n" + Self.text(rules)
        }
        return text
    }

    private static func text(_ rules: GroupRules) -> String {
        RuleKey.all.compactMap { key in
            key.text(rules).map { value in
                let isBare = value.first == "[" || Int(value) != nil
                return "\(key.name) = \(isBare ? value : "\"\(value)\"")\n"
            }
        }.joined()
    }

    // MARK: What the file says

    private mutating func parse(_ bytes: [UInt8]) {
        let entries: [TomlEntry]
        do {
            entries = try TomlDocument(bytes).entries
        } catch {
            note(error.line, "\(error.kind)")
            return
        }
        // What holds for all comes first, wherever it is written.
        for entry in entries where entry.path[0] != "application" { takeStandard(entry) }
        var lines: [String: Int] = [:]
        for entry in entries where entry.path[0] == "application" {
            takeApplication(entry, &lines)
        }
        for (name, rules) in table.applications {
            check(rules, "the rules of \(quoted(name))", lines[name])
        }
        check(table.standard, "the rules of all applications", nil)
        problems.sort { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    private mutating func takeStandard(_ entry: TomlEntry) {
        // What is in a table that is refused is not looked at.
        guard entry.path.count == 1 else { return }
        let name = entry.path[0]
        if entry.value == .table {
            note(entry.line, "there is no section \(quoted(name)); \(Self.sectionHint)")
        } else if RuleKey.named(name)?.isOfApplication == true {
            note(entry.line, "\(name) is for one application only; \(Self.sectionHint)")
        } else {
            var rules = table.standard
            apply(entry, to: &rules)
            table.standard = rules
        }
    }

    private mutating func takeApplication(_ entry: TomlEntry, _ lines: inout [String: Int]) {
        switch (entry.path.count, entry.value) {
        case (1, .table): break
        case (1, _), (2, .text), (2, .list), (2, .other):
            note(entry.line, "'application' is no rule; \(Self.sectionHint)")
        case (2, .table):
            let name = entry.path[1]
            lines[name] = entry.line
            if name.isEmpty || name.utf8.count > CoordinatorProtocol.nameByteCountMaximum {
                note(
                    entry.line,
                    "the name of an application has 1 to "
                        + "\(CoordinatorProtocol.nameByteCountMaximum) bytes"
                )
            }
            table.applications[name] = table.applications[name] ?? table.standard
        case (3, _):
            let name = entry.path[1]
            var rules = table.applications[name] ?? table.standard
            apply(entry, to: &rules)
            table.applications[name] = rules
        default: break
        }
    }

    private mutating func apply(_ entry: TomlEntry, to rules: inout GroupRules) {
        let name = entry.path[entry.path.count - 1]
        guard let key = RuleKey.named(name) else {
            let names = RuleKey.all.map(\.name)
            let hint =
                nearestName(to: name, among: names).map { "did you mean \($0)?" }
                ?? "the rules are \(names.joined(separator: ", "))"
            note(entry.line, "there is no rule \(quoted(name)); \(hint)")
            return
        }
        guard key.apply(entry.value, &rules) else {
            note(entry.line, "\(name) is \(Self.shown(entry.value)), but must be \(key.accepts)")
            return
        }
    }

    private mutating func check(_ rules: GroupRules, _ name: String, _ line: Int?) {
        do {
            try rules.check()
        } catch {
            note(line, "\(name) make no sense: \(error.reason)")
        }
    }

    private mutating func note(_ line: Int?, _ text: String) {
        problems.append(RulesProblem(path: path, line: line, text: text))
    }

    private static let sectionHint = "a section for an application starts with [application.NAME]"

    private static func shown(_ value: TomlEntry.Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .table: "a section"
        case .list: "a list"
        case .other(let type): type
        }
    }

    private static func content(of path: String) throws(SystemFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure("read it") }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: byteCountMaximum + 1)
        var count = 0
        while count < content.count {
            let result = content.withUnsafeMutableBytes { bytes in
                read(descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count)
            }
            guard result >= 0 else { throw SystemFailure("read it") }
            if result == 0 { break }
            count += result
        }
        guard count <= byteCountMaximum else {
            errno = EFBIG
            throw SystemFailure("read more than \(byteCountMaximum) bytes of rules")
        }
        content.removeSubrange(count...)
        return content
    }
}

/// One thing that is wrong with the rules file.
package struct RulesProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// Where in it, from 1, if it is about one line.
    package let line: Int?
    /// What is wrong, and what would be right.
    package let text: String

    package var description: String {
        "\(path)\(line.map { ", line \($0)" } ?? ""): \(text)"
    }
}
