/// A strict reader of Prometheus' text format 0.0.4: as strict as `promtool check metrics`.
struct PrometheusText {
    struct Series: Hashable {
        let name: String
        let labels: [String: String]
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The type of each metric.
    private(set) var types: [String: String] = [:]
    private(set) var values: [Series: Double] = [:]

    private var helps: Set<String> = []
    private var current = ""

    init(_ text: String) throws {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true else { throw Problem("no newline at the end") }
        for line in lines { try read(Reader(rest: line)) }
    }

    /// The value of a series.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        values[Series(name: name, labels: labels)]
    }

    private mutating func read(_ line: Reader) throws {
        var line = line
        if line.take("# HELP ") {
            let name = try line.name(colons: true)
            guard line.take(" "), helps.insert(name).inserted, types[name] == nil else {
                throw Problem("a second or late HELP of \(name)")
            }
            guard !line.rest.isEmpty else { throw Problem("\(name) has no help") }
            current = name
        } else if line.take("# TYPE ") {
            let name = try line.name(colons: true)
            let type = line.take(" ") ? String(line.rest) : ""
            guard ["counter", "gauge"].contains(type), name == current, types[name] == nil else {
                throw Problem("a wrong TYPE of \(name): '\(type)'")
            }
            guard (type == "counter") == name.hasSuffix("_total") else {
                throw Problem("\(name) is named unlike a \(type)")
            }
            types[name] = type
        } else {
            let name = try line.name(colons: true)
            guard name == current, types[name] != nil else {
                throw Problem("a sample of \(name) apart from its HELP and TYPE")
            }
            let labels = try line.labels()
            guard line.take(" ") else { throw Problem("no space before the value of \(name)") }
            let value = try Self.number(String(line.rest))
            let series = Series(name: name, labels: labels)
            guard values.updateValue(value, forKey: series) == nil else {
                throw Problem("\(series) twice")
            }
        }
    }

    private static func number(_ text: String) throws -> Double {
        switch text {
        case "NaN": return .nan
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        default:
            guard text.utf8.allSatisfy({ "0123456789+-.e".utf8.contains($0) }),
                let value = Double(text)
            else { throw Problem("'\(text)' is no number") }
            return value
        }
    }

    private struct Reader {
        var rest: Substring.UnicodeScalarView

        mutating func take(_ text: String) -> Bool {
            guard rest.starts(with: text.unicodeScalars) else { return false }
            rest = rest.dropFirst(text.unicodeScalars.count)
            return true
        }

        mutating func name(colons: Bool) throws -> String {
            let name = rest.prefix { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || scalar == "_" || colons && scalar == ":")
            }
            guard let first = name.first, !("0"..."9").contains(first) else {
                throw Problem("no name at '\(String(rest.prefix(40)))'")
            }
            rest = rest.dropFirst(name.count)
            return String(name)
        }

        mutating func labels() throws -> [String: String] {
            var labels: [String: String] = [:]
            guard take("{") else { return labels }
            repeat {
                let name = try name(colons: false)
                guard take("=\""), !name.hasPrefix("__") else { throw Problem("label \(name)") }
                guard labels.updateValue(try quoted(), forKey: name) == nil else {
                    throw Problem("label \(name) twice")
                }
            } while take(",")
            guard take("}") else { throw Problem("labels without an end") }
            return labels
        }

        private mutating func quoted() throws -> String {
            var value = String.UnicodeScalarView()
            while let scalar = rest.popFirst() {
                if scalar == "\"" { return String(value) }
                guard scalar == "\\" else {
                    value.append(scalar)
                    continue
                }
                switch rest.popFirst() {
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                case "n": value.append("\n")
                default: throw Problem("an escape that there is not")
                }
            }
            throw Problem("a value without an end")
        }
    }
}
