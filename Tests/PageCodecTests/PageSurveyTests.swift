import TestSupport
import Testing

@testable import PageCodec

/// What is known of pages beforehand must not change what becomes of them.
struct PageSurveyTests {
    @Test(arguments: [BatchWriter.Residue.sent, .compressed])
    func aSurveyChangesNothing(_ residue: BatchWriter.Residue) throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed, pageCount: 300)
        var plain = try PageMatcher(slotCount: 200)
        var surveyed = try PageMatcher(slotCount: 200)
        var writer = BatchWriter()
        let matches = BatchMatches()
        let survey = PageSurvey()
        var statistics = PageStatistics()
        for round in [guest.allPages()] + (0..<9).map({ _ in guest.nextRound() })
        where !round.isEmpty {
            let entries = round.map { $0.entryBits.littleEndian }
            let content = round.flatMap(\.content) + [0]
            entries.withUnsafeBufferPointer { entries in
                content.withUnsafeBytes { content in
                    let pages = content.baseAddress.unsafelyUnwrapped
                    plain.match(entries: entries, pages: pages, pagesStay: true, into: matches)
                    let expected = writer.write(matches, residue: residue)
                    statistics += expected.statistics
                    let expectedBatch = TestBatch(expected)
                    survey.look(at: pages, count: content.count / PageFormat.pageByteCount)
                    surveyed.match(
                        entries: entries,
                        pages: pages,
                        pagesStay: true,
                        survey: survey,
                        into: matches
                    )
                    let found = writer.write(matches, residue: residue)
                    #expect(found.statistics == expected.statistics)
                    #expect(TestBatch(found) == expectedBatch, "CLOUDNET_TEST_SEED=\(seed)")
                }
            }
        }
        #expect(statistics.zeroPageCount > 0)
        #expect(statistics.unchangedPageCount > 0)
    }

    @Test func aBatchThatIsCheckedLaterIsRefusedAsWell() throws {
        var decoder = try PageDecoder(slotCount: 4)
        var encoded = try BatchEncoder(slotCount: 4).encode([
            GuestPage(0, Content.noise(1)), GuestPage(1, Content.zero),
        ])
        let memory = RebuiltMemory()
        // The last byte is content.
        encoded.bytes[encoded.bytes.count - 1] ^= 1
        try encoded.bytes.withUnsafeBytes { bytes in
            let rebuilt = try decoder.rebuild(bytes, takesFingerprints: false, into: memory)
            #expect(throws: PageCodecError.self) { try rebuilt.check(encoded.checksum) }
        }
    }
}
