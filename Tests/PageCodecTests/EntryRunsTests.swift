import TestSupport
import Testing

@testable import PageCodec

struct EntryRunsTests {
    private static let lastPFN: UInt64 = PageEntry.pfnLimit - 1

    private func encode(_ entries: [PageEntry]) -> [UInt8] {
        let bits = entries.map { $0.bits.littleEndian }
        return writtenBytes(capacity: entryRunsByteCountMaximum) { cursor in
            bits.withUnsafeBufferPointer { encodeEntryRuns($0, into: &cursor) }
        }
    }

    private func decode(_ bytes: [UInt8], entryCount: Int) throws -> [PageEntry] {
        var bits = [UInt64](repeating: .max, count: entryCount)
        try bits.withUnsafeMutableBufferPointer { entries in
            try withSection(bytes, .entries) { try decodeEntryRuns(&$0, into: entries) }
        }
        return bits.map { PageEntry(bits: UInt64(littleEndian: $0)) }
    }

    private func expectRoundTrip(_ entries: [PageEntry], runCount: Int? = nil) throws {
        let bytes = encode(entries)
        #expect(bytes.count <= entryRunsByteCountMaximum)
        #expect(try decode(bytes, entryCount: entries.count) == entries)
        if let runCount, runCount == 1 { #expect(bytes.count <= 10) }
    }

    @Test(arguments: [1, 2, 15, 16, 17, 1023, 1024])
    func consecutivePFNsAreOneRun(_ count: Int) throws {
        let entries = (0..<count).map { PageEntry(pfn: 0x100 + UInt64($0), type: 0) }
        try expectRoundTrip(entries, runCount: 1)
        #expect(encode(entries).count == (count <= 8 ? 3 : count <= 1024 ? 4 : 5))
    }

    @Test func highestPFNsAreOneRun() throws {
        let entries = (0..<4).map { PageEntry(pfn: Self.lastPFN - 3 + UInt64($0), type: 15) }
        try expectRoundTrip(entries, runCount: 1)
    }

    /// The bits of pfn 2^52 - 1 plus one are not those of a next pfn.
    @Test func runEndsAtTheHighestPFN() throws {
        try expectRoundTrip([
            PageEntry(pfn: Self.lastPFN, type: 2), PageEntry(pfn: 0, type: 2),
            PageEntry(pfn: 0, type: 3), PageEntry(pfn: Self.lastPFN, type: 3),
        ])
    }

    @Test func fallingRepeatedAndMixedEntriesAreKept() throws {
        try expectRoundTrip([
            PageEntry(pfn: 9, type: 0), PageEntry(pfn: 8, type: 0), PageEntry(pfn: 8, type: 0),
            PageEntry(pfn: 9, type: 0), PageEntry(pfn: 10, type: 1), PageEntry(pfn: 11, type: 15),
        ])
    }

    @Test func worstBatchFitsIntoItsRoom() throws {
        let entries = (0..<PageFormat.entriesPerBatchMaximum).map {
            PageEntry(pfn: $0 % 2 == 0 ? Self.lastPFN : 0, type: UInt8($0 % 16))
        }
        try expectRoundTrip(entries)
    }

    @Test func randomEntriesAreKept() throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var pfn: UInt64 = 0
            let entries = (0..<Int.random(in: 1...64, using: &generator)).map { _ in
                pfn =
                    Bool.random(using: &generator)
                    ? (pfn + 1) % PageEntry.pfnLimit
                    : UInt64.random(in: 0...Self.lastPFN, using: &generator)
                return PageEntry(
                    pfn: pfn,
                    type: Bool.random(using: &generator) ? 0 : UInt8(pfn & 15)
                )
            }
            let decoded = try decode(encode(entries), entryCount: entries.count)
            #expect(decoded == entries, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    @Test(
        arguments: [
            // Distance -1 from 0.
            ([0x01, 0x00], 0),
            // Pfn 2^52.
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0x00], 0),
            // Pfn 2^52 - 1, and one more.
            ([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x10], 0),
            // The highest distance there is, and the lowest.
            ([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00], 0),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00], 0),
            // A good entry, then the highest distance from it, which overflows.
            (
                [0x00, 0x00, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00],
                1
            ),
            // Five entries where four are left, and 2^60.
            ([0x00, 0x40], 0),
            ([0x00, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 0),
            ([0x00, 0x00, 0x00, 0x30], 1),
        ] as [([UInt8], Int)]
    )
    func runOutOfRangeIsRefused(_ bytes: [UInt8], _ entryIndex: Int) {
        #expect(throws: PageCodecError.pfnRunOutOfRange(entryIndex: entryIndex)) {
            try decode(bytes, entryCount: 4)
        }
    }

    @Test func cutAndSurplusAreRefused() {
        #expect(throws: PageCodecError.sectionEndsEarly(section: .entries, offset: 1)) {
            try decode([0x00], entryCount: 1)
        }
        #expect(throws: PageCodecError.sectionHasSurplus(section: .entries, byteCount: 1)) {
            try decode([0x00, 0x00, 0x00], entryCount: 1)
        }
    }

    @Test func entryTellsItsParts() {
        let entry = PageEntry(bits: 0xd000_0000_0000_1234)
        #expect(entry.pfn == 0x1234 && entry.type == 13 && !entry.hasContent && entry.isCanonical)
        #expect(PageEntry(bits: 0xc00f_ffff_ffff_ffff).hasContent)
        #expect(PageEntry(bits: 0xc00f_ffff_ffff_ffff).pfn == Self.lastPFN)
        for bit in 52..<60 { #expect(!PageEntry(bits: 1 << UInt64(bit)).isCanonical) }
    }
}
