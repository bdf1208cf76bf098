import FoundationEssentials
import TestSupport
import Testing

@testable import MigrationReport
@testable import ReportDrawing

/// What a helper writes, as text.
func text(_ record: ReportRecord, name: String = "shop", pid: Int32 = 4242) throws -> String {
    var line = Example.line(record, name: name)
    line.migration.pid = pid
    return String(decoding: try JSONLineEncoder.line(of: line), as: UTF8.self)
}

func read(_ text: String) -> ReportReader {
    var reader = ReportReader()
    reader.read(Array(text.utf8))
    reader.finish()
    return reader
}

struct ReportReaderTests {
    @Test func aMigrationIsReadWhole() throws {
        let reader = read(try Example.records.map { try text($0) }.joined())
        #expect(reader.damages.isEmpty)
        let history = try #require(reader.histories.first)
        #expect(reader.histories.count == 1)
        #expect(history.start == Example.start)
        #expect(history.rounds == [Example.round])
        #expect(history.progress == nil)
        #expect(history.end == Example.end)
        #expect(history.migration == Example.migration)
    }

    @Test(arguments: [1, 7, 1000])
    func piecesMakeNoDifference(_ pieceByteCount: Int) throws {
        let bytes = Array((try Example.records.map { try text($0) }.joined() + "x\n").utf8)
        var reader = ReportReader()
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            reader.read(bytes[start..<min(start + pieceByteCount, bytes.count)])
        }
        reader.finish()
        #expect(reader.histories.first?.end == Example.end)
        #expect(reader.damages.map(\.lineNumber) == [5])
    }

    @Test func migrationsInOneFileAreToldApart() throws {
        let report = try [
            text(.start(Example.start), pid: 1), text(.start(Example.start), pid: 2),
            text(.round(Example.round), pid: 1), text(.end(Example.end), pid: 2),
            text(.round(Example.round), pid: 1), text(.start(Example.start), pid: 2),
            text(.end(Example.end), pid: 1), text(.progress(Example.progress), pid: 3),
        ]
        let histories = read(report.joined()).histories
        #expect(histories.map(\.migration.pid) == [1, 2, 2, 3])
        #expect(histories.map(\.rounds.count) == [2, 0, 0, 0])
        #expect(histories.map { $0.end != nil } == [true, true, false, false])
        #expect(histories[3].progress == Example.progress)
    }

    @Test func aDomainHasThreeNames() {
        let history = MigrationHistory(Example.line(.start(Example.start)))
        for name in ["shop", "7", Example.migration.uuid, Example.migration.uuid.uppercased()] {
            #expect(history.isOf(domain: name))
        }
        for name in ["", "sho", "77", "SHOP"] { #expect(!history.isOf(domain: name)) }
    }

    @Test(arguments: [
        ("{}", "it has no"),
        ("[]", "it is no JSON object"),
        ("\u{1b}[2J", "it is no JSON object"),
        (
            "{\"event\":\"later\",\"time\":1,\"domid\":1,\"name\":\"\",\"uuid\":\"\",\"pid\":1}",
            "'event'"
        ),
        ("{\"a\":1e300}", "value of 'a' makes no sense"),
        ("{\"a\":-1}", "value of 'a' makes no sense"),
        ("{\"a\":{\"\\u001b\":1125899906842625}}", "value of '?' makes no sense"),
        (String(repeating: "[", count: 60_000), "it is no JSON object"),
        ("{\"a\":" + String(repeating: "{\"a\":", count: 10_000), "it is no JSON object"),
        ("{\"a\":\"" + String(repeating: "x", count: 65_536) + "\"}", "longer than 65536 bytes"),
    ])
    func aDamagedLineIsNamedAndLeftOut(_ line: String, _ reason: String) throws {
        let good = try text(.start(Example.start))
        let reader = read(good + line + "\n" + (try text(.end(Example.end))))
        #expect(reader.damages.map(\.lineNumber) == [2])
        #expect(reader.damages.first?.description.contains(reason) == true, "\(reader.damages)")
        #expect(reader.damages.first?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
        #expect(reader.histories.first?.end == Example.end)
    }

    @Test(arguments: ["total", "domid", "pid", "time", "process-start", "max-bandwidth"])
    func numbersOutOfRangeAreRefusedInEveryField(_ field: String) throws {
        let good = try text(.start(Example.start))
        let start = try #require(good.firstRange(of: "\"\(field)\":")).upperBound
        let end = try #require(good[start...].firstIndex { ",}".contains($0) })
        for value in ["-1", "1125899906842625", "9223372036854775808", "1e999", "\"1\"", "null"] {
            let reader = read(good[..<start] + value + good[end...])
            // Without a limit, null is as good as nothing.
            if value == "null", field == "max-bandwidth" { continue }
            #expect(reader.damages.count == 1, "\(field) is \(value)")
            #expect(reader.histories.isEmpty)
        }
    }

    @Test func aLineWithoutEndIsDamaged() throws {
        let reader = read(String(try text(.start(Example.start)).dropLast()))
        #expect(
            reader.damages.map(\.description) == [
                "line 1 is left out: it was not written to its end"
            ]
        )
        #expect(reader.histories.isEmpty)
    }

    @Test func aMigrationHasSoManyRounds() {
        var history = MigrationHistory(Example.line(.start(Example.start)))
        for _ in 0...MigrationHistory.roundCountMaximum { history.add(.round(Example.round)) }
        #expect(history.rounds.count == MigrationHistory.roundCountMaximum)
    }

    @Test func aFileHasSoManyMigrationsAndDamages() throws {
        var reader = ReportReader()
        for pid in 1...1001 {
            reader.read(Array(try text(.start(Example.start), pid: Int32(pid)).utf8))
        }
        #expect(reader.histories.count == ReportReader.migrationCountMaximum)
        #expect(reader.histories.last?.migration.pid == 1001)

        reader.read(Array(String(repeating: "x\n", count: 1000).utf8))
        #expect(reader.damages.count == ReportReader.damageCountMaximum)
        #expect(reader.damagedLineCount == 1000)
    }

    @Test func randomDamageNeverTraps() throws {
        let seed = SeededGenerator.seedOfRun
        var random = SeededGenerator(seed: seed)
        let bytes = Array(try Example.records.map { try text($0) }.joined().utf8)
        let digits = Array("0123456789eE-+.,:\"{}[]\\\n\0\u{ff}".utf8)
        for _ in 0..<200 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<damaged.count, using: &random)
                damaged[index] = digits.randomElement(using: &random) ?? 0
            }
            var reader = ReportReader()
            reader.read(damaged)
            reader.finish()
            #expect(reader.damagedLineCount <= 9, "CLOUDNET_TEST_SEED=\(seed)")
            for history in reader.histories {
                _ = ReportDrawing(history).svg
                _ = WatchTable.lines([history], columnCount: 80)
            }
        }
    }
}
