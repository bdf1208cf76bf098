import TestSupport
import Testing

@testable import PageCodec

/// What a decoder must refuse (`docs/protocol.md`, "What a reader must refuse").
struct PageDecoderRefusalTests {
    private func refusal(
        of batch: TestBatch,
        slotCount: Int = 4,
        after pages: [GuestPage] = []
    ) throws -> PageCodecError? {
        let decoder = try BatchDecoder(slotCount: slotCount)
        if !pages.isEmpty {
            _ = try decoder.decode(try BatchEncoder(slotCount: slotCount).encode(pages))
        }
        return decoder.refusal(of: batch)
    }

    @Test func batchWithoutItsHeaderIsRefused() throws {
        let whole = HandMadeBatch(classes: [0x10]).batch().bytes
        for byteCount in 0..<PageFormat.batchHeaderByteCount {
            let cut = TestBatch(bytes: [UInt8](whole.prefix(byteCount)), checksum: 0)
            #expect(try refusal(of: cut) == .batchTooShort(byteCount: byteCount))
        }
    }

    @Test(arguments: [0, 1025, 0xffff])
    func impossibleEntryCountIsRefused(_ count: Int) throws {
        let batch = HandMadeBatch(entryCount: count, classes: [0x10]).batch()
        #expect(try refusal(of: batch) == .entryCountOutOfRange(count))
    }

    @Test func reservedFieldsAreRefused() throws {
        for bit in 0..<16 {
            var batch = HandMadeBatch(classes: [0x10]).batch()
            batch.bytes[2 + bit / 8] = 1 << UInt8(bit % 8)
            #expect(try refusal(of: batch) == .reservedFieldSet(field: "flags", value: 1 << bit))
        }
        for bit in 0..<32 {
            var batch = HandMadeBatch(classes: [0x10]).batch()
            batch.bytes[20 + bit / 8] = 1 << UInt8(bit % 8)
            #expect(
                try refusal(of: batch) == .reservedFieldSet(field: "reserved", value: 1 << bit)
            )
        }
    }

    @Test func sectionsThatDoNotFillTheBatchAreRefused() throws {
        let whole = HandMadeBatch(classes: [0x60], literals: Content.zero).batch()
        var longer = whole
        longer.bytes.append(0)
        var shorter = whole
        shorter.bytes.removeLast()
        for batch in [longer, shorter] {
            #expect(
                try refusal(of: batch)
                    == .sectionsDoNotFit(
                        announcedByteCount: whole.bytes.count,
                        actualByteCount: batch.bytes.count
                    )
            )
        }
        for offset in [4, 8, 12, 16] {
            var batch = whole
            for index in 0..<4 { batch.bytes[offset + index] = 0xff }
            guard case .sectionsDoNotFit = try refusal(of: batch) else {
                Issue.record("the length at \(offset) was believed")
                continue
            }
        }
    }

    @Test func everySectionMustBeUsedUp() throws {
        #expect(
            try refusal(of: HandMadeBatch(entries: [0, 0, 0], classes: [0x10]).batch())
                == .sectionHasSurplus(section: .entries, byteCount: 1)
        )
        #expect(
            try refusal(of: HandMadeBatch(classes: [0x10, 0x10]).batch())
                == .sectionHasSurplus(section: .classes, byteCount: 1)
        )
        #expect(
            try refusal(of: HandMadeBatch(classes: [0x10], control: [0, 0]).batch())
                == .sectionHasSurplus(section: .control, byteCount: 2)
        )
        #expect(
            try refusal(of: HandMadeBatch(classes: [0x10], literals: [0, 0, 0]).batch())
                == .sectionHasSurplus(section: .literals, byteCount: 3)
        )
        // An absent page has no class.
        #expect(
            try refusal(of: HandMadeBatch(entries: [0, 0x0f], classes: [0x10]).batch())
                == .sectionHasSurplus(section: .classes, byteCount: 1)
        )
    }

    @Test func sectionsThatEndEarlyAreRefused() throws {
        #expect(
            try refusal(of: HandMadeBatch(entries: [0], classes: [0x10]).batch())
                == .sectionEndsEarly(section: .entries, offset: 1)
        )
        #expect(
            try refusal(of: HandMadeBatch().batch())
                == .sectionEndsEarly(section: .classes, offset: 0)
        )
        for classes in [0x30, 0x40, 0x50, 0x70] as [UInt8] {
            #expect(
                try refusal(of: HandMadeBatch(classes: [classes]).batch())
                    == .sectionEndsEarly(section: .control, offset: 0)
            )
        }
        let short = [UInt8](Content.zero.dropLast())
        #expect(
            try refusal(of: HandMadeBatch(classes: [0x60], literals: short).batch())
                == .sectionEndsEarly(section: .literals, offset: 0)
        )
        #expect(
            try refusal(
                of: HandMadeBatch(classes: [0x50], control: [0], literals: short).batch()
            )
                == .sectionEndsEarly(section: .literals, offset: 3072)
        )
    }

    @Test func wordsWithoutTheirWholeMaskAreRefused() throws {
        for byteCount in 0..<64 {
            let page = HandMadeBatch(
                classes: [0x70],
                control: [UInt8](repeating: 0, count: byteCount)
            )
            #expect(
                try refusal(of: page.batch()) == .sectionEndsEarly(section: .control, offset: 0)
            )
        }
        for byteCount in 0..<16 {
            // The first block has no changed words, the second one lacks a part of its mask.
            let blocks = HandMadeBatch(
                classes: [0x50],
                control: [0x0f] + [UInt8](repeating: 0, count: 16 + byteCount)
            )
            #expect(
                try refusal(of: blocks.batch()) == .sectionEndsEarly(section: .control, offset: 17)
            )
        }
    }

    @Test func wordsWithoutTheirValuesAreRefused() throws {
        let all = [UInt8](repeating: 0xff, count: 64)
        for byteCount in [0, 1, 7, 8, 511, 512, 3583, 3584, 4088, 4095] {
            let page = HandMadeBatch(
                classes: [0x70],
                control: all,
                literals: [UInt8](repeating: 1, count: byteCount)
            )
            // The values are asked for by 64 words of mask.
            let offset = byteCount / 512 * 512
            #expect(
                try refusal(of: page.batch())
                    == .sectionEndsEarly(section: .literals, offset: offset)
            )
        }
        for byteCount in [0, 1, 511, 512, 1016, 1023] {
            let blocks = HandMadeBatch(
                classes: [0x50],
                // Words, then three literal blocks.
                control: [0x03] + all.prefix(16),
                literals: [UInt8](repeating: 1, count: byteCount)
            )
            #expect(
                try refusal(of: blocks.batch())
                    == .sectionEndsEarly(section: .literals, offset: byteCount / 512 * 512)
            )
        }
        // Each bit of the mask asks for a word.
        for bit in 0..<512 {
            var mask = [UInt8](repeating: 0, count: 64)
            mask[bit / 8] = 1 << UInt8(bit % 8)
            let page = HandMadeBatch(
                classes: [0x70],
                control: mask,
                literals: [UInt8](repeating: 1, count: 7)
            )
            #expect(
                try refusal(of: page.batch()) == .sectionEndsEarly(section: .literals, offset: 0)
            )
        }
    }

    @Test func surplusAfterWordsIsRefused() throws {
        let one = [1] + [UInt8](repeating: 0, count: 63)
        let value = [UInt8](repeating: 1, count: 8)
        #expect(
            try refusal(
                of: HandMadeBatch(classes: [0x70], control: one, literals: value + [1]).batch()
            ) == .sectionHasSurplus(section: .literals, byteCount: 1)
        )
        #expect(
            try refusal(
                of: HandMadeBatch(classes: [0x70], control: one + [0], literals: value).batch()
            ) == .sectionHasSurplus(section: .control, byteCount: 1)
        )
        // Four masks of a block are one of a page, but the codes come first.
        #expect(
            try refusal(
                of: HandMadeBatch(
                    classes: [0x50],
                    control: [0xff] + one + one,
                    literals: value + value
                ).batch()
            ) == .sectionHasSurplus(section: .control, byteCount: 64)
        )
        #expect(
            try refusal(
                of: HandMadeBatch(
                    classes: [0x50],
                    control: [0xff] + one,
                    literals: value + value
                ).batch()
            ) == .sectionHasSurplus(section: .literals, byteCount: 8)
        )
    }

    @Test func referenceToAnEmptySlotIsRefused() throws {
        let pages = [GuestPage(1, Content.noise(1)), GuestPage(2, Content.noise(2))]
        // Slots 0 and 1 of 4 are filled.
        let cases: [(distance: [UInt8], slot: Int64)] = [
            ([4], 2), ([6], 3), ([8], 4), ([1], -1),
            ([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .max),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], .min),
        ]
        for (distance, slot) in cases {
            let batch = HandMadeBatch(classes: [0x30], control: distance).batch()
            #expect(try refusal(of: batch, after: pages) == .emptySlot(slot: slot, pfn: 0))
        }
        // The distance from an expected slot of 1 overflows.
        let overflow = HandMadeBatch(
            entryCount: 2,
            entries: [0, 0x10],
            classes: [0x31],
            control: [0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
        )
        guard case .emptySlot = try refusal(of: overflow.batch(), after: pages) else {
            Issue.record("a distance that overflows was accepted")
            return
        }
    }

    @Test func referenceToAnEmptyBlockIsRefused() throws {
        let literals = [UInt8](Content.zero.prefix(3072))
        // Blocks 0 to 3 are filled.
        for distance in [8, 1, 30, 32] as [UInt8] {
            let batch = HandMadeBatch(
                classes: [0x50],
                control: [0x01, distance],
                literals: literals
            )
            guard
                case .emptySlot =
                    try refusal(of: batch.batch(), after: [GuestPage(1, Content.noise(1))])
            else {
                Issue.record("distance \(distance) was accepted")
                continue
            }
        }
    }

    @Test func unchangedWithoutAVersionIsRefused() throws {
        let noise = Content.noise(1)
        func batch(type: UInt8 = 0) -> TestBatch {
            HandMadeBatch(entries: [0, type], classes: [0x20]).batch()
        }
        #expect(try refusal(of: batch()) == .noVersion(pfn: 0, type: 0))
        #expect(
            try refusal(of: batch(), after: [GuestPage(1, noise)]) == .noVersion(pfn: 0, type: 0)
        )
        #expect(
            try refusal(of: batch(type: 1), after: [GuestPage(0, noise)])
                == .noVersion(pfn: 0, type: 1)
        )
        for gone in [GuestPage(0, Content.zero), .empty(0, type: 15)] {
            #expect(
                try refusal(of: batch(), after: [GuestPage(0, noise), gone])
                    == .noVersion(pfn: 0, type: 0)
            )
        }
        let overwritten = [GuestPage(0, noise), GuestPage(1, Content.noise(2))]
        #expect(
            try refusal(of: batch(), slotCount: 1, after: overwritten)
                == .noVersion(pfn: 0, type: 0)
        )
        // With the version there, only the checksum is missing.
        guard
            case .contentChecksumMismatch =
                try refusal(of: batch(), slotCount: 2, after: overwritten)
        else {
            Issue.record("a usable version was refused")
            return
        }
    }

    @Test func deltaThatLeavesItsBlockIsRefused() throws {
        let batch = HandMadeBatch(
            classes: [0x50],
            control: [0x02, 1, 0xff, 0x07, 2],
            literals: Content.zero
        )
        #expect(try refusal(of: batch.batch()) == .deltaOutOfRange(pfn: 0))
    }

    @Test func wrongChecksumIsRefused() throws {
        let batch = try BatchEncoder(slotCount: 4).encode([GuestPage(0, Content.noise(1))])
        for bit in 0..<64 as Range<UInt64> {
            let wrong = TestBatch(bytes: batch.bytes, checksum: batch.checksum ^ 1 << bit)
            #expect(
                try refusal(of: wrong)
                    == .contentChecksumMismatch(expected: wrong.checksum, found: batch.checksum)
            )
        }
    }

    @Test func cacheThatIsOutOfStepIsNoticed() throws {
        let encoder = try BatchEncoder(slotCount: 4)
        _ = encoder.encode([GuestPage(1, Content.noise(1))])
        let batch = encoder.encode([GuestPage(2, Content.noise(1))])
        guard
            case .contentChecksumMismatch =
                try refusal(of: batch, after: [GuestPage(1, Content.noise(2))])
        else {
            Issue.record("a page of another cache was accepted")
            return
        }
    }

    @Test func everyErrorHasAMessage() {
        let errors: [PageCodecError] = [
            .cacheNotAllocatable(byteCount: 2 << 20, allowedByteCount: 1 << 20),
            .slotCountOutOfRange(0), .batchTooShort(byteCount: 1), .entryCountOutOfRange(0),
            .sectionsDoNotFit(announcedByteCount: 1, actualByteCount: 2),
            .reservedFieldSet(field: "flags", value: 1),
            .sectionEndsEarly(section: .control, offset: 1),
            .sectionHasSurplus(section: .classes, byteCount: 1),
            .numberTooLong(section: .entries, offset: 1), .pfnRunOutOfRange(entryIndex: 1),
            .unknownPageClass(code: 8, pageIndex: 1), .classRunTooLong(pageIndex: 1),
            .emptySlot(slot: 1, pfn: 1),
            .noVersion(pfn: 255, type: 1), .deltaOutOfRange(pfn: 1),
            .contentChecksumMismatch(expected: 1, found: 2),
        ]
        let texts = errors.map(\.description)
        #expect(Set(texts).count == errors.count)
        #expect(texts[13].contains("pfn 0xff"))
        #expect(texts[0].contains("2 MiB") && texts[0].contains("CLOUDNET_CACHE_MIB"))
    }
}
