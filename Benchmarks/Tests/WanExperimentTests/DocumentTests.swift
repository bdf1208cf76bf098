import Foundation
import ReportSupport
import Testing

@testable import wan_experiment

struct DocumentTests {
    private let file = TemporaryResults()
    private let emulatedFile = TemporaryResults()

    @Test func verdictsAreSaidPlainly() throws {
        let results = try file.results()
        try results.add([.taking(total: 100, pause: 100)], "kbuild", .slow, .stock)
        try results.add([.taking(total: 10, pause: 90)], "kbuild", .slow, .whole)
        let text = WanDocument(results: results, emulated: nil, plotNames: []).text
        let rows = text.split(separator: "\n").map { line in
            line.split(separator: "|").map { cell in
                cell.split(separator: " ").joined(separator: " ")
            }
        }
        let verdicts = rows.filter { $0.count == 4 && $0[0].hasSuffix("against stock") }
        #expect(verdicts.map { $0.suffix(2) } == [["-90 %", "met"], ["-10 %", "NOT MET"]])
    }

    @Test func tablesSayWhatWasMeasuredWhen() throws {
        let results = try file.results()
        try results.begin(under: "On one day.")
        try results.add([.taking(), .taking()], "kbuild", .slow, .stock)
        #expect(!WanDocument(results: results, emulated: nil, plotNames: []).text.contains("(1)"))
        try results.begin(under: "On another day.")
        try results.add([.taking()], "kbuild", .slow, .whole)
        try results.begin(under: "On one day.")
        try results.add([.taking()], "kbuild", .slow, .whole)
        for results in [results, try file.results()] {
            let text = WanDocument(results: results, emulated: nil, plotNames: []).text
            #expect(text.contains("(1) On one day.\n\n(2) On another day.\n"))
            let table = text.components(separatedBy: "## kbuild, ").last ?? ""
            let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") }
            let cells = rows.dropFirst().map { row in
                row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
            let last = cells.filter { $0.first != nil && !$0[0].hasPrefix("-") }.map { $0.last }
            #expect(last.suffix(2) == ["(1)", "(1) (2)"])
        }
    }

    @Test func theLinksShareIsThatOfItsRate() {
        // 125 MB in 10 s are 100 Mb/s.
        #expect(WanLink.slow.usage(by: .taking(total: 10)) == 1)
        #expect(WanLink.fast.usage(by: .taking(total: 10)) == 0.1)
    }

    @Test func emulatedHostsAreShownByMedians() throws {
        try emulatedFile.write(
            """
            helpers,seconds,pause,bytes,rounds
            Xen,200,8,2000000,6
            CloudNet,40,1.5,300000,5
            Xen,220,9,2200000,6
            Xen,210,7,2100000,7
            """
        )
        let hosts = try EmulatedHosts(path: emulatedFile.path)
        #expect(hosts.methods.map(\.helpers) == ["Xen", "CloudNet"])
        let rows = hosts.table.text.split(separator: "\n").suffix(2).map { line in
            line.split { "| ".contains($0) }.map(String.init)
        }
        #expect(
            rows == [
                ["Xen", "3", "210", "8.00", "2.10", "6"],
                ["CloudNet", "1", "40.0", "1.50", "0.300", "5"],
            ]
        )
    }

    @Test(arguments: ["Xen,1,2,3", "Xen,a,2,3,4", "Xen,1,2,3,4,5"])
    func aWrongLineOfTheirsIsNamed(line: String) throws {
        try emulatedFile.write(line)
        #expect(throws: ReportError.self) { try EmulatedHosts(path: emulatedFile.path) }
    }

    @Test(arguments: [
        ("kbuild/100m/all", true), ("*/100m/*", true), ("*/*/*", true), ("kbuild/1g/all", false),
        ("kbuild/100m", false), ("kbuild/100m/all/", false), ("", false),
    ])
    func patternsSelectScenarios(pattern: String, isMatch: Bool) {
        let scenario = Scenario(guest: "kbuild", link: "100m", method: "all")
        #expect(scenario.matches(pattern) == isMatch)
    }
}
