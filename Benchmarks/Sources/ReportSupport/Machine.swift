internal import Foundation
internal import Glibc

/// What the measurements were made on and with.
public struct Machine {
    /// Today, as "2015-08-01".
    public let date: String

    private let processor: String
    private let coreCount: Int
    private let memoryGibibytes: Double
    private let kernel: String
    private let programs: [(name: String, version: String)]

    /// Looks at this machine, and at programs, which must know `--version`.
    ///
    /// - Throws: `ReportError`, or what Foundation throws for a file.
    public init(programs: [String], work: WorkFolder) throws {
        // Virtual machines often hide which processor of a family they run on, but not its numbers.
        let processorFile = "/proc/cpuinfo"
        let name = try Self.field("model name", ofFile: processorFile)
        let family = try Self.field("cpu family", ofFile: processorFile)
        let model = try Self.field("model\t", ofFile: processorFile)
        processor = "\(name), family \(family), model \(model)"
        coreCount = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let memory = try Self.field("MemTotal", ofFile: "/proc/meminfo")
        memoryGibibytes = (Double(memory.split(separator: " ").first ?? "") ?? 0) / 1_048_576
        kernel = try Self.firstLine(ofFile: "/proc/sys/kernel/osrelease")
        date = Date.now.formatted(.iso8601.year().month().day())
        self.programs = try programs.map { ($0, try Self.version(of: $0, work)) }
    }

    /// The machine and the programs in words that go on after "on".
    public var description: String {
        let programs = programs.map { "\($0.name) \($0.version)" }.joined(separator: " and ")
        return """
            a machine with \(coreCount) cores (\(processor)), \(memoryGibibytes.fixed(1)) GiB of \
            memory and Linux \(kernel)\(programs.isEmpty ? "" : ", with " + programs)
            """
    }

    /// The value after a name and a colon.
    private static func field(_ name: String, ofFile path: String) throws -> String {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name) } ?? ""
        return line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)
    }

    private static func firstLine(ofFile path: String) throws -> String {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return String(text.prefix { $0 != "\n" })
    }

    /// The word of what a program says about itself that looks like `v1.5.4`.
    private static func version(of program: String, _ work: WorkFolder) throws -> String {
        let path = work.path("version")
        _ = try measure([program, "--version"], outputPath: path, work: work)
        let words = try firstLine(ofFile: path).split { " ,".contains($0) }
        return words.first { $0.hasPrefix("v") && $0.contains(".") }.map { String($0.dropFirst()) }
            ?? "unknown"
    }
}
