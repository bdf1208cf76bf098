import FoundationEssentials
import TestSupport
import Testing

@testable import MigrationReport

struct RecordTests {
    private func decoded(_ line: [UInt8]) throws -> ReportLine {
        try JSONDecoder().decode(ReportLine.self, from: Data(line))
    }

    @Test func recordsComeBack() throws {
        for record in Example.records {
            let line = Example.line(record)
            #expect(try decoded(JSONLineEncoder.line(of: line)) == line)
        }
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        var progress = ProgressRecord()
        progress.remainingMilliseconds = nil
        let line = Example.line(.progress(progress))
        let bytes = try JSONLineEncoder.line(of: line)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("remaining-time"))
        #expect(try decoded(bytes) == line)
    }

    @Test func unknownFieldsAreIgnored() throws {
        let line = Example.line(.round(Example.round))
        let text = String(decoding: try JSONLineEncoder.line(of: line), as: UTF8.self)
        let longer = "{\"future\":[{\"a\":null}]," + text.dropFirst()
        #expect(try decoded(Array(longer.utf8)) == line)
    }

    @Test func randomTextComesBackInOneLineWithoutControlCharacters() throws {
        let seed = SeededGenerator.seedOfRun
        var random = SeededGenerator(seed: seed)
        let scalars: [Unicode.Scalar] =
            (0..<0x100).compactMap { Unicode.Scalar($0 as UInt32) }
            + ["\u{2028}", "\u{202e}", "\u{feff}", "😀", "\u{10ffff}"]
        for _ in 0..<500 {
            var name = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                name.unicodeScalars.append(scalars.randomElement(using: &random) ?? "x")
            }
            let line = Example.line(.start(Example.start), name: name)
            let bytes = try JSONLineEncoder.line(of: line)
            // Scalars, since strings are equal by canonical equivalence.
            let back = try decoded(bytes).migration.name
            #expect(
                Array(back.unicodeScalars) == Array(name.unicodeScalars),
                "CLOUDNET_TEST_SEED=\(seed)"
            )
            #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7f })
            #expect(bytes.last == UInt8(ascii: "\n"))
        }
    }

    @Test func whatIsNoNumberIsWrittenAsZero() throws {
        for value in [Double.nan, .infinity, -.infinity] {
            var round = Example.round
            round.megabitsPerSecond = value
            let back = try decoded(JSONLineEncoder.line(of: Example.line(.round(round))))
            round.megabitsPerSecond = 0
            #expect(back.record == .round(round))
        }
    }

    @Test func countsOfARoundAreADifference() {
        let later = Example.round.pages
        #expect(later.total == 28)
        #expect(later.normal == 27)
        #expect((later - later) == PageCounts())
        #expect((later - PageCounts()) == later)
    }
}
