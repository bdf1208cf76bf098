import FoundationEssentials
import FoundationXML
import Glibc
import TestSupport
import Testing

import class Foundation.NSObject

@testable import MigrationReport
@testable import ReportDrawing

/// What a parser of XML finds in a document.
private final class Document: NSObject, XMLParserDelegate {
    private(set) var elements: [String: Int] = [:]
    private(set) var text = ""
    private(set) var isWellFormed = false

    init(_ source: String) {
        super.init()
        let parser = XMLParser(data: Data(source.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}

struct ReportDrawingTests {
    private func history(
        name: String = "shop",
        roundCount: Int,
        _ change: (inout RoundRecord) -> Void = { _ in }
    ) -> MigrationHistory {
        var history = MigrationHistory(Example.line(.start(Example.start), name: name))
        for number in 0..<roundCount {
            var round = Example.round
            round.round = number + 1
            round.isPaused = number == roundCount - 1
            round.totalMilliseconds = 510 * (number + 1)
            change(&round)
            history.add(.round(round))
        }
        history.add(.end(Example.end))
        return history
    }

    @Test(arguments: [0, 1, 2, 30, 60, 61, 10_000])
    func drawingsAreWellFormed(_ roundCount: Int) {
        let drawing = ReportDrawing(history(roundCount: roundCount))
        for source in [drawing.svg, drawing.page(notes: ["line 3 is <left> out"])] {
            let document = Document(source)
            #expect(document.isWellFormed)
            #expect(document.elements["svg"] == 1)
            #expect(document.elements["script"] == nil)
            #expect(document.text.contains("Migration of shop"))
            #expect(document.text.contains("failed"))
        }
        #expect(drawing.svg.utf8.count < 1_000_000)
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "</title></svg>\"'&amp;", "<\u{338}script>", "]]>",
        "\u{1b}[31mred\u{7}\0", "\u{202e}gnp.exe\u{2066}", "\u{fffe}\u{ffff}\u{e000}",
        "\u{85}\u{2028}",
        String(repeating: "e\u{301}", count: 5000), "",
    ])
    func hostileTextIsOnlyText(_ text: String) throws {
        var history = history(name: text, roundCount: 3) { round in
            round.reason = text + "\(round.round)"
            round.verdict = text
        }
        var start = Example.start
        start.stream = text
        start.policy = text
        history.add(.start(start))
        let plain = Document(ReportDrawing(self.history(roundCount: 3)).page())
        let drawing = ReportDrawing(history)
        for source in [drawing.svg, drawing.page(notes: [text])] {
            let document = Document(source)
            #expect(document.isWellFormed)
            #expect(document.elements["script"] == nil)
            #expect(document.elements["svg"] == 1)
            #expect(
                Set(document.elements.keys).isSubset(of: plain.elements.keys.map { $0 } + ["p"])
            )
            for scalar in source.unicodeScalars where scalar != "\n" {
                let category = scalar.properties.generalCategory
                let isHarmless = category != .control && category != .format
                #expect(isHarmless, "\(scalar.value)")
            }
        }
        #expect(drawing.svg.utf8.count < 40_000)
    }

    @Test func theLargestNumbersAreDrawn() {
        let large = 1 << 50
        let history = history(roundCount: 3) { round in
            round.round = large
            round.roundMilliseconds = large
            round.totalMilliseconds = large
            round.roundByteCount = large
            round.stockByteCount = large
            round.remainingByteCount = large
            round.pages.raw = large
            round.pages.zero = large
            round.megabitsPerSecond = Double(large)
        }
        #expect(Document(ReportDrawing(history).svg).isWellFormed)
    }

    @Test func whatIsNotFinishedSaysSo() {
        var history = MigrationHistory(Example.line(.progress(Example.progress)))
        #expect(Document(ReportDrawing(history).svg).text.contains("not finished"))
        history.add(.round(Example.round))
        let text = Document(ReportDrawing(history).svg).text
        #expect(text.contains("not finished"))
        #expect(text.contains("5.20 MB"))
    }

    @Test func aPageNeedsNothingElse() {
        let page = ReportDrawing(history(roundCount: 3)).page()
        for word in ["http:", "https:", "url(", "@import", "<link", "src="] {
            let rest = page.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            #expect(!rest.contains(word))
        }
        #expect(page.contains("prefers-color-scheme: dark"))
    }

    /// `docs/report.svg` is the example of `docs/report.md`; after a change, look at it.
    @Test func theExampleLooksAsItDid() throws {
        let document = try Repository.bytes(ofFile: Repository.path + "/docs/report.md")
        let lines = String(decoding: document, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("{") }.map { $0 + "\n" }
        let svg = ReportDrawing(try #require(read(lines.joined()).histories.last)).svg
        let path = Repository.path + "/docs/report.svg"
        if getenv("CLOUDNET_UPDATE_GOLDEN") != nil {
            try Repository.write(Array(svg.utf8), toFile: path)
        }
        let isSame = try Repository.bytes(ofFile: path) == Array(svg.utf8)
        #expect(isSame, "CLOUDNET_UPDATE_GOLDEN=1 draws it anew")
    }

    @Test func marksAreRoundNumbers() {
        func labels(_ largest: Double, _ count: Int, isExact: Bool = false) -> [String] {
            let axis = Axis(largest: largest, markCount: count, isExact: isExact)
            return axis.marks.map(axis.label)
        }
        #expect(labels(93, 4) == ["0", "50", "100"])
        #expect(labels(4, 4) == ["0", "1", "2", "3", "4"])
        #expect(labels(0.25, 4) == ["0.0", "0.1", "0.2", "0.3"])
        #expect(labels(4.82, 5, isExact: true) == ["0", "1", "2", "3", "4"])
        #expect(labels(12_000, 4) == ["0", "5,000", "10,000", "15,000"])
        for largest in [0, -1, .nan, .infinity, 1e-12, 1e300] {
            #expect(Axis(largest: largest, markCount: 4).marks.count <= 5)
        }
    }
}
