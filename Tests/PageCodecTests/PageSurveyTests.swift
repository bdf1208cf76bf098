import TestSupport
import Testing

@testable import PageCodec

/// What is known of pages beforehand must not change what becomes of them.
struct PageSurveyTests {
    @Test(arguments: [PageEncoder.Residue.sent, .compressed])
    func aSurveyChangesNothing(_ residue: PageEncoder.Residue) throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed, pageCount: 300)
        var plain = try PageEncoder(slotCount: 200)
        var surveyed = try PageEncoder(slotCount: 200)
        let memory = BatchMemory()
        let survey = PageSurvey()
        for round in [guest.allPages()] + (0..<9).map({ _ in guest.nextRound() })
        where !round.isEmpty {
            let entries = round.map { $0.entryBits.littleEndian }
            let content = round.flatMap(\.content) + [0]
            entries.withUnsafeBufferPointer { entries in
                content.withUnsafeBytes { content in
                    let pages = content.baseAddress.unsafelyUnwrapped
                    let expected = TestBatch(
                        plain.encode(entries: entries, pages: pages, residue: residue, into: memory)
                    )
                    survey.look(at: pages, count: content.count / PageFormat.pageByteCount)
                    let found = TestBatch(
                        surveyed.encode(
                            entries: entries,
                            pages: pages,
                            residue: residue,
                            survey: survey,
                            into: memory
                        )
                    )
                    #expect(found == expected, "CLOUDNET_TEST_SEED=\(seed)")
                }
            }
        }
        #expect(surveyed.statistics == plain.statistics)
        #expect(plain.statistics.zeroPageCount > 0)
        #expect(plain.statistics.unchangedPageCount > 0)
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
