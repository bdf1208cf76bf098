import FoundationEssentials
import TestSupport
import Testing

@testable import MigrationReport

/// What `docs/report.md` says is what the code does.
struct ReportDocumentTests {
    private let lines: [Substring]

    init() throws {
        let bytes = try Repository.bytes(ofFile: Repository.path + "/docs/report.md")
        lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The names in the first column of the first table after a line.
    private func fields(after heading: Substring) throws -> [String] {
        let start = try #require(lines.firstIndex(of: heading), "no such line")
        let table = lines[start...].drop { !$0.hasPrefix("|---") }.dropFirst()
        return table.prefix { $0.hasPrefix("|") }.flatMap { row in
            let column = row.split(separator: "|").first ?? ""
            return column.split(separator: "`").enumerated()
                .filter { $0.offset.isMultiple(of: 2) == false }.map { String($0.element) }
        }
    }

    private func names<Key: CodingKey & CaseIterable>(_ keys: Key.Type) -> Set<String> {
        Set(keys.allCases.map(\.stringValue))
    }

    @Test func allFieldsAreDocumented() throws {
        let common = try fields(after: "Every record has")
        #expect(
            Set(common)
                == names(ReportLine.CodingKeys.self).union(["domid", "name", "uuid", "pid"])
        )
        #expect(Set(try fields(after: "### start")) == names(StartRecord.CodingKeys.self))
        #expect(
            Set(try fields(after: "### round"))
                == names(RoundRecord.CodingKeys.self).union(names(PageCounts.CodingKeys.self))
        )
        #expect(Set(try fields(after: "### progress")) == names(ProgressRecord.CodingKeys.self))
        #expect(
            Set(try fields(after: "### end"))
                == names(EndRecord.CodingKeys.self).union(names(PageCounts.CodingKeys.self))
        )
    }

    /// The lines of the example.
    private var example: [Substring] {
        Array(lines.drop { $0 != "```jsonl" }.dropFirst().prefix { $0 != "```" })
    }

    @Test func theExampleIsWhatTheHelperWrites() throws {
        #expect(example.count == 6)
        for text in example {
            let line = try JSONDecoder().decode(ReportLine.self, from: Data(text.utf8))
            let written = try JSONLineEncoder.line(of: line)
            // The order of treatments is not fixed, so it is compared as an object.
            #expect(
                try JSONDecoder().decode(ReportLine.self, from: Data(written)) == line
            )
            #expect(written.count == text.utf8.count + 1)
            #expect(line.migration == Example.migration)
        }
    }

    @Test func theRoundsOfTheExampleAddUpToItsEnd() throws {
        let records = try example.map {
            try JSONDecoder().decode(ReportLine.self, from: Data($0.utf8)).record
        }
        var sum = PageCounts()
        var byteCounts = (stock: 0, transferred: 0)
        var end: EndRecord?
        for record in records {
            switch record {
            case .round(let round):
                sum = sum - (PageCounts() - round.pages)
                byteCounts.stock += round.stockByteCount
                byteCounts.transferred += round.roundByteCount
                #expect(round.transferredByteCount == byteCounts.transferred)
                #expect(round.duplicatePageCount == sum.zero)
                #expect(round.normalPageCount == sum.normal)
            case .end(let record):
                end = record
            case .start, .progress:
                break
            }
        }
        #expect(end?.pages == sum)
        #expect(end?.transferredByteCount == byteCounts.transferred)
        #expect(end?.stockByteCount == byteCounts.stock)
    }
}
