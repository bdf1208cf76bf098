internal import FoundationEssentials
internal import MigrationReport

/// Reads the lines of a report, which anybody may have written, piece by piece.
///
/// Memory is bounded: by the length of a line, the rounds of a migration, and the migrations.
public struct ReportReader {
    /// The migrations in the order in which they began; the last `migrationCountMaximum`.
    public private(set) var histories: [MigrationHistory] = []
    /// Lines that are left out; the first `damageCountMaximum`.
    public private(set) var damages: [Damage] = []
    /// How many lines are left out.
    public private(set) var damagedLineCount = 0

    private var lineNumber = 1
    private var line: [UInt8] = []
    private var isTooLong = false

    /// A line that is no record.
    public struct Damage: Equatable, Sendable, CustomStringConvertible {
        /// The number of the line, from 1.
        public let lineNumber: Int
        /// What is wrong.
        public let reason: String

        /// Both in one line.
        public var description: String { "line \(lineNumber) is left out: \(reason)" }
    }

    /// The longest line that is read, in bytes.
    public static let lineByteCountMaximum = 65_536
    /// How many migrations are kept.
    public static let migrationCountMaximum = 1000
    /// How many damaged lines are named.
    public static let damageCountMaximum = 20

    /// Begins with line 1.
    public init() {}

    /// Reads the next bytes.
    public mutating func read(_ bytes: some Collection<UInt8>) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            endLine()
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
    }

    /// Ends the report; a last line that was not ended is damaged.
    public mutating func finish() {
        guard !line.isEmpty || isTooLong else { return }
        note("it was not written to its end")
        line = []
    }

    private mutating func append(_ part: some Collection<UInt8>) {
        guard !isTooLong else { return }
        isTooLong = line.count + part.count > Self.lineByteCountMaximum
        if isTooLong { line = [] } else { line += part }
    }

    private mutating func endLine() {
        if isTooLong {
            note("it is longer than \(Self.lineByteCountMaximum) bytes")
        } else if !line.isEmpty {
            do {
                add(try Self.parse(line))
            } catch {
                note(Self.reason(error))
            }
        }
        line = []
        isTooLong = false
        lineNumber += 1
    }

    /// Every number is checked first, so that no calculation with them can overflow.
    private static func parse(_ line: [UInt8]) throws -> ReportLine {
        let data = Data(line)
        _ = try JSONDecoder().decode([String: CheckedValue].self, from: data)
        return try JSONDecoder().decode(ReportLine.self, from: data)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _):
            return "it has no '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            guard let key = context.codingPath.last else { break }
            let field = VisibleText.terminal(key.stringValue, columnCount: 40)
            return "the value of '\(field)' makes no sense"
        default:
            break
        }
        return "it is no JSON object"
    }

    private mutating func note(_ reason: String) {
        damagedLineCount += 1
        guard damages.count < Self.damageCountMaximum else { return }
        damages.append(Damage(lineNumber: lineNumber, reason: reason))
    }

    private mutating func add(_ line: ReportLine) {
        if let index = histories.lastIndex(where: { $0.continues(with: line) }) {
            histories[index].add(line.record)
            return
        }
        if histories.count == Self.migrationCountMaximum { histories.removeFirst() }
        histories.append(MigrationHistory(line))
    }
}

/// Any value of a record, also of a field that is not known; a number must be from 0 to 2^50.
private struct CheckedValue: Decodable {
    static let range = 0...Double(1 << 50)

    init(from decoder: any Decoder) throws {
        if let values = try? decoder.container(keyedBy: AnyKey.self) {
            for key in values.allKeys { _ = try values.decode(CheckedValue.self, forKey: key) }
            return
        }
        guard let value = try? decoder.singleValueContainer(),
            let number = try? value.decode(Double.self)
        else { return }
        guard Self.range.contains(number) else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "out of range")
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
