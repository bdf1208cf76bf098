internal import Foundation

/// A table of Markdown, its columns lined up, and an empty line; all columns but the first are
/// numbers.
public struct MarkdownTable {
    private var rows: [[String]]

    /// A table without rows but for its heads.
    public init(_ heads: [String]) {
        rows = [heads]
    }

    /// Adds a row with as many cells as there are heads.
    public mutating func append(_ cells: [String]) {
        rows.append(cells)
    }

    /// The lines.
    public var text: String {
        let widths = rows[0].indices.map { column in
            max(rows.map { $0[column].count }.max() ?? 0, 3)
        }
        var lines = rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }
            return "| " + cells.joined(separator: " | ") + " |"
        }
        let rules = widths.enumerated().map { column, width in
            String(repeating: "-", count: width - 1) + (column == 0 ? "-" : ":")
        }
        lines.insert("| " + rules.joined(separator: " | ") + " |", at: 1)
        return lines.joined(separator: "\n") + "\n\n"
    }
}

extension Double {
    /// With so many digits after the point.
    public func fixed(_ digitCount: Int) -> String {
        String(format: "%.\(digitCount)f", self)
    }

    /// With three digits that matter, as speeds that lie far apart need.
    public var threeDigits: String {
        fixed(self < 1 ? 3 : self < 10 ? 2 : self < 100 ? 1 : 0)
    }
}

extension Int {
    /// With commas between groups of three digits.
    public var grouped: String {
        var digits = Array(String(self))
        for position in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: position)
        }
        return String(digits)
    }
}
