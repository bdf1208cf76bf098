internal import CToml

/// A key of a TOML document, or the header of a table.
package struct TomlEntry: Equatable {
    package enum Value: Equatable {
        /// A string, integer or boolean, as text.
        case text(String)
        /// A table; what is in it are entries of their own.
        case table
        /// A list of strings.
        case list([String])
        /// Anything else, which settings do not use: "a date or time".
        case other(String)
    }

    /// The names of the tables around the key, outermost first, and its own name.
    package let path: [String]
    /// Where the key is written, from 1.
    package let line: Int
    package let value: Value
}

/// A TOML document as the list of what it says, in the order of its lines.
public struct TomlDocument {
    package let entries: [TomlEntry]

    /// Longer lines are refused: each dot of a key is a table of its own, and toml++ frees tables
    /// within tables by recursion.
    package static let lineByteCountMaximum = 1024

    /// Parses a document in ASCII; lines that are comments may have anything.
    ///
    /// - Throws: `Refusal`, if it is not TOML, not ASCII, or has lines that are too long.
    package init(_ bytes: [UInt8]) throws(Refusal) {
        var document: [UInt8] = []
        document.reserveCapacity(bytes.count)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard line.count <= Self.lineByteCountMaximum else {
                throw Refusal(
                    line: index + 1,
                    kind: .lineTooLong(byteCount: line.count, maximum: Self.lineByteCountMaximum)
                )
            }
            if index > 0 { document.append(UInt8(ascii: "\n")) }
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if text.first == UInt8(ascii: "#") { continue }
            // toml++ 3.3 behaves in an undefined way when it meets "é" outside of a string.
            guard line.allSatisfy({ $0 < 0x80 }) else {
                throw Refusal(line: index + 1, kind: .notASCII)
            }
            document += line
        }
        var found = Found()
        withUnsafeMutablePointer(to: &found) { Self.parse(document, into: $0) }
        if let refusal = found.refusal { throw refusal }
        entries = found.entries.sorted { ($0.line, $0.path.count) < ($1.line, $1.path.count) }
    }

    /// Why a document is not read, and where.
    public struct Refusal: Error, Equatable {
        package let line: Int
        package let kind: Kind

        /// What keeps a document from being read.
        public enum Kind: Equatable, Sendable {
            /// It is not TOML.
            case notTOML(reason: String)
            /// A line other than a comment has characters beyond ASCII.
            case notASCII
            /// A line is too long.
            case lineTooLong(byteCount: Int, maximum: Int)
        }
    }

    private struct Found {
        var entries: [TomlEntry] = []
        var refusal: Refusal?
    }

    private static func parse(_ bytes: [UInt8], into found: UnsafeMutablePointer<Found>) {
        bytes.withUnsafeBytes { bytes in
            // An empty array has no address.
            guard let start = bytes.baseAddress else { return }
            ctoml_parse(
                ctoml_text(
                    bytes: start.assumingMemoryBound(to: CChar.self),
                    byte_count: bytes.count
                ),
                { context, entry in
                    TomlDocument.found(context).pointee.entries.append(TomlEntry(entry.pointee))
                },
                { context, line, reason in
                    TomlDocument.found(context).pointee.refusal = Refusal(
                        line: Int(line),
                        kind: .notTOML(reason: String(reason))
                    )
                },
                found
            )
        }
    }

    private static func found(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Found> {
        // SAFETY: C gives back the pointer that `parse` passed, while that call lasts.
        context.unsafelyUnwrapped.assumingMemoryBound(to: Found.self)
    }
}

extension TomlEntry {
    fileprivate init(_ entry: ctoml_entry) {
        path = UnsafeBufferPointer(start: entry.path, count: entry.path_count).map { String($0) }
        line = Int(entry.line)
        value =
            switch entry.kind {
            case CTOML_TABLE: .table
            case CTOML_LIST:
                .list(
                    UnsafeBufferPointer(start: entry.items, count: entry.item_count).map {
                        String($0)
                    }
                )
            case CTOML_OTHER: .other(String(entry.value))
            default: .text(String(entry.value))
            }
    }
}

extension String {
    fileprivate init(_ text: ctoml_text) {
        let bytes = UnsafeRawBufferPointer(start: text.bytes, count: text.byte_count)
        self.init(decoding: bytes, as: UTF8.self)
    }
}

extension TomlDocument.Refusal.Kind: CustomStringConvertible {
    /// What is wrong, and what would be right.
    public var description: String {
        switch self {
        case .notTOML(let reason):
            "this is not TOML: \(printable(reason)) (text needs quotation marks: \"300ms\")"
        case .notASCII:
            "only lines that are comments may have characters beyond ASCII; "
                + "within quotation marks, \\u and four digits stand for one"
        case .lineTooLong(let byteCount, let maximum):
            "the line has \(byteCount) bytes; at most \(maximum) are read"
        }
    }
}
