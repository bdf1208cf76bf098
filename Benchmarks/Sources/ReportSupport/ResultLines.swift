internal import Foundation
internal import Glibc

/// Raw results as comma-separated values, a file that grows line by line.
///
/// Lines that start with `#` say what the following ones were measured on and how. Each result is
/// written when it is there: an experiment that was interrupted goes on from there.
public final class ResultLines {
    /// What the results were measured on and how; each text once.
    public private(set) var conditions: [String] = []
    /// The cells of each result.
    public private(set) var rows: [[String]] = []
    /// For each result, which of the conditions it was measured under; `nil` if none was noted.
    public private(set) var conditionIndices: [Int?] = []

    private var conditionIndex: Int?
    private let path: String
    private let heads: [String]

    /// Reads the file, if there is one.
    ///
    /// - Throws: `ReportError.malformedResult` if a line has not as many cells as there are heads.
    public init(path: String, heads: [String]) throws {
        self.path = path
        self.heads = heads
        guard access(path, F_OK) == 0 else { return }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let head = heads.joined(separator: ",")
        for line in text.split(separator: "\n") where line != head {
            if line.hasPrefix("# ") {
                conditionIndex = index(of: String(line.dropFirst(2)))
                continue
            }
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == heads.count else {
                throw ReportError.malformedResult(path: path, line: String(line))
            }
            add([cells.map { String($0) }])
        }
    }

    /// Notes what the following results are measured on and how.
    public func begin(under condition: String) throws {
        let isNew = access(path, F_OK) != 0
        let index = index(of: condition)
        guard index != conditionIndex else { return }
        conditionIndex = index
        try write((isNew ? heads.joined(separator: ",") + "\n" : "") + "# \(condition)\n")
    }

    /// Adds results, all in one go.
    public func append(_ newRows: [[String]]) throws {
        add(newRows)
        try write(newRows.map { $0.joined(separator: ",") + "\n" }.joined())
    }

    private func add(_ newRows: [[String]]) {
        rows += newRows
        conditionIndices += newRows.map { _ in conditionIndex }
    }

    /// Where a condition is among those that are known, the last of which it is if it is new.
    private func index(of condition: String) -> Int {
        if let index = conditions.firstIndex(of: condition) { return index }
        conditions.append(condition)
        return conditions.count - 1
    }

    private func write(_ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ReportError.cannotOpen(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
    }
}
