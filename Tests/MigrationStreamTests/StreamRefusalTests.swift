import PageCodec
import TestSupport
import Testing

@testable import MigrationStream

/// Streams that are damaged, out of order or hostile.
struct StreamRefusalTests {
    private let stock = SmallStream.stock
    private let encoded: [UInt8]
    private let parts: ExtendedStreamParts

    init() throws {
        encoded = try encode(SmallStream.stock).bytes
        parts = try ExtendedStreamParts(encoded)
    }

    /// Changes the parts of the small stream and returns what it is refused with.
    private func refusal(
        cacheByteCountMaximum: Int = 64 << 20,
        _ change: (inout ExtendedStreamParts) throws -> Void
    ) throws -> StreamError? {
        var changed = parts
        try change(&changed)
        let outcome = try outcome(
            ofDecoding: changed.bytes,
            cacheByteCountMaximum: cacheByteCountMaximum
        )
        return outcome.error
    }

    // MARK: Damage

    @Test func streamCutAtAnyByteIsRefused() throws {
        for byteCount in 0..<encoded.count {
            let outcome = try outcome(ofDecoding: [UInt8](encoded.prefix(byteCount)))
            guard case .endsEarly(_, let needed, let found) = outcome.error else {
                Issue.record("cut to \(byteCount) bytes: \(String(describing: outcome.error))")
                continue
            }
            #expect(found < needed)
            #expect(stock.starts(with: outcome.output))
            #expect(outcome.output.count < stock.count)
        }
    }

    @Test func stockStreamCutAtAnyByteIsRefused() throws {
        let short = StockStreamBuilder.stream(rounds: [[.empty(1, type: 15)]])
        for byteCount in 0..<short.count {
            let cut = [UInt8](short.prefix(byteCount))
            guard case .endsEarly = refusalByEncoder(of: cut) else {
                Issue.record("cut to \(byteCount) bytes: the encoder accepts it")
                continue
            }
            let outcome = try outcome(ofDecoding: cut, acceptsStockStream: true)
            guard case .endsEarly = outcome.error else {
                Issue.record("cut to \(byteCount) bytes: it is passed on")
                continue
            }
        }
    }

    @Test func everyFlippedBitIsRefused() throws {
        for bit in 0..<8 * encoded.count {
            var damaged = encoded
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let outcome = try outcome(ofDecoding: damaged)
            #expect(outcome.error != nil, "bit \(bit % 8) of byte \(bit / 8) does not matter")
            // Nothing wrong is ever written, not even before the error.
            #expect(stock.starts(with: outcome.output), "bit \(bit % 8) of byte \(bit / 8)")
        }
    }

    @Test func randomBytesAfterTheImageHeaderAreRefused() throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let garbage = Content.noise(generator.next(), byteCount: 200)
            let outcome = try outcome(ofDecoding: ExtendedStream.imageHeader + garbage)
            #expect(outcome.error == .recordHeaderDamaged(sequence: 0), "seed \(seed)")
            #expect(outcome.output.isEmpty)
        }
    }

    /// Bodies of random bytes with right header and body checksums.
    @Test func randomBodiesAreRefused() throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let index = Int.random(in: 0..<parts.records.count - 1, using: &generator)
            let byteCount = Int.random(in: 24...300, using: &generator)
            let garbage = Content.noise(generator.next(), byteCount: byteCount)
            let error = try refusal { parts in
                parts.records[index].body = garbage
                parts.records[index].kind = UInt16.random(in: 1...4, using: &generator)
                parts.records[index].checksum = nil
            }
            #expect(error != nil, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    // MARK: Image header

    @Test func streamOfAnotherKindIsRefused() throws {
        #expect(
            try refusal { $0.imageHeader[0] = 0xfe }
                == .notAStream(marker: 0xfeff_ffff_ffff_ffff, identifier: 0x434c_4e54)
        )
        #expect(
            try refusal { $0.imageHeader[8] = 0x58 }
                == .notAStream(marker: .max, identifier: 0x584c_4e54)
        )
        for version in [0, 2, 255] as [UInt8] {
            #expect(
                try refusal { $0.imageHeader[15] = version }
                    == .unknownVersion(format: .extended, version: UInt32(version))
            )
        }
        #expect(
            try refusal { $0.imageHeader[17] = 1 }
                == .unknownOptions(format: .extended, options: 1)
        )
        for offset in 18..<24 {
            #expect(
                try refusal { $0.imageHeader[offset] = 1 }
                    == .reservedFieldSet(part: .imageHeader)
            )
        }
        #expect(try outcome(ofDecoding: stock).error == .wrongFormat(found: .stock))
    }

    // MARK: Order

    @Test func recordThatIsMissingRepeatedOrSwappedIsRefused() throws {
        for index in parts.records.indices {
            let sequence = UInt32(index)
            let (records, last) = (parts.records, parts.records.count - 1)
            func order(_ indices: [Int]) throws -> StreamError? {
                try refusal { parts in
                    parts.records = indices.map { number in
                        var record = records[number]
                        record.sequence = UInt32(number)
                        return record
                    }
                }
            }
            if index < last {
                #expect(
                    try order((0...last).filter { $0 != index })
                        == .recordOutOfSequence(expected: sequence, found: sequence + 1)
                )
                #expect(
                    try order(Array(0...index) + Array(index...last))
                        == .recordOutOfSequence(expected: sequence + 1, found: sequence)
                )
                var swapped = Array(0...last)
                swapped.swapAt(index, index + 1)
                #expect(
                    try order(swapped)
                        == .recordOutOfSequence(expected: sequence, found: sequence + 1)
                )
            }
        }
    }

    @Test func recordAtAPlaceOfAnotherKindIsRefused() throws {
        let (parameters, headers) = (parts.records[0], parts.records[1])
        let (pages, stockRecord) = (parts.records[4], parts.records[2])
        for (record, kind) in [
            (headers, RecordKind.headers), (pages, .pages), (stockRecord, .stockRecord),
        ] {
            #expect(
                try refusal { $0.records.insert(record, at: 0) } == .recordOutOfPlace(kind: kind)
            )
        }
        for (record, kind) in [
            (parameters, RecordKind.parameters), (pages, .pages), (stockRecord, .stockRecord),
        ] {
            #expect(
                try refusal { $0.records.insert(record, at: 1) } == .recordOutOfPlace(kind: kind)
            )
        }
        for index in 2..<parts.records.count {
            for (record, kind) in [
                (parameters, RecordKind.parameters), (headers, .headers),
            ] {
                #expect(
                    try refusal { $0.records.insert(record, at: index) }
                        == .recordOutOfPlace(kind: kind)
                )
            }
        }
    }

    @Test func batchesInAnotherOrderAreRefused() throws {
        // The first unchanged page of the second batch has no version yet.
        #expect(
            try refusal { $0.records.swapAt(4, 5) } == .page(.noVersion(pfn: 1, type: 0))
        )
    }

    @Test func whatFollowsTheEndIsNotRead() throws {
        let outcome = try outcome(ofDecoding: encoded + encoded)
        #expect(outcome.error == nil && outcome.output == stock)
        #expect(outcome.readByteCount == encoded.count)
    }

    // MARK: Record headers

    @Test(arguments: [0, 6, 255, 0x0100, 0x0103, 0xffff] as [UInt16])
    func unknownKindIsRefused(_ kind: UInt16) throws {
        #expect(try refusal { $0.records[2].kind = kind } == .unknownRecordKind(kind))
    }

    @Test func unknownFlagIsRefused() throws {
        for bit in 0..<16 as Range<UInt16> {
            for (index, kind) in [
                (0, RecordKind.parameters), (1, .headers), (2, .stockRecord), (4, .pages),
            ] where !(bit == 0 && kind == .stockRecord) {
                #expect(
                    try refusal { $0.records[index].flags = 1 << bit }
                        == .unknownRecordFlags(kind: kind, flags: 1 << bit)
                )
            }
        }
        #expect(
            try refusal { $0.records[2].flags = 3 }
                == .unknownRecordFlags(kind: .stockRecord, flags: 3)
        )
    }

    @Test(
        arguments: [
            (0, RecordKind.parameters, [0, 63, 65, .max]),
            (1, .headers, [0, 39, 41, .max]),
            (2, .stockRecord, [0, 1 << 20 + 1, .max]),
            (4, .pages, [0, 23, 4_259_841, .max]),
        ] as [(Int, RecordKind, [UInt32])]
    )
    func lengthThatItsKindCannotHaveIsRefused(
        _ index: Int,
        _ kind: RecordKind,
        _ byteCounts: [UInt32]
    ) throws {
        for byteCount in byteCounts {
            let error = try refusal { $0.records[index].announcedByteCount = byteCount }
            #expect(error == .recordLengthOutOfRange(kind: kind, byteCount: Int(byteCount)))
        }
    }

    @Test func longestAllowedLengthsAreWaitedFor() throws {
        for (index, byteCount) in [(2, 1 << 20), (4, 4_259_840)] {
            let error = try refusal {
                $0.records[index].announcedByteCount = UInt32(byteCount)
            }
            guard case .endsEarly(.recordBody, byteCount, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    // MARK: PARAMETERS and HEADERS

    @Test func otherSizesAreRefused() throws {
        #expect(
            try refusal { $0.records[0].body[1] = 0x20 }
                == .unsupportedSizes(pageByteCount: 8192, blockByteCount: 1024)
        )
        #expect(
            try refusal { $0.records[0].body[5] = 2 }
                == .unsupportedSizes(pageByteCount: 4096, blockByteCount: 512)
        )
        #expect(
            try refusal { $0.records[0].body[13] = 8 }
                == .unsupportedSizes(pageByteCount: 4096, blockByteCount: 1024)
        )
    }

    @Test func unknownRequiredFeatureIsRefused() throws {
        // Bit 0 is compression.
        for bit in 1..<64 {
            let error = try refusal { $0.records[0].body[16 + bit / 8] = 1 << UInt8(bit % 8) }
            #expect(error == .unknownFeatures(1 << UInt64(bit)))
        }
    }

    @Test func unknownOptionalFeatureIsIgnored() throws {
        for bit in 0..<64 {
            let error = try refusal { $0.records[0].body[24 + bit / 8] = 1 << UInt8(bit % 8) }
            #expect(error == nil)
        }
    }

    @Test func reservedParameterIsRefused() throws {
        for offset in 32..<64 {
            #expect(
                try refusal { $0.records[0].body[offset] = 0x80 }
                    == .reservedFieldSet(part: .parameters)
            )
        }
    }

    @Test(arguments: [241, 1 << 20, 1 << 30, 1 << 32 - 1])
    func cacheLargerThanAllowedIsRefused(_ slotCount: Int) throws {
        let allowance = 240 * 4352
        let error = try refusal(cacheByteCountMaximum: allowance) {
            $0.setSlotCount(UInt32(slotCount))
        }
        #expect(
            error
                == .page(
                    .cacheNotAllocatable(
                        byteCount: slotCount * 4352,
                        allowedByteCount: allowance
                    )
                )
        )
        #expect(try refusal(cacheByteCountMaximum: allowance) { _ in } == nil)
    }

    @Test(arguments: [0, 1 << 30 + 1, 1 << 32 - 1])
    func impossibleCacheIsRefused(_ slotCount: Int) throws {
        let error = try refusal(cacheByteCountMaximum: .max) {
            $0.setSlotCount(UInt32(slotCount))
        }
        #expect(error == .page(.slotCountOutOfRange(slotCount)))
    }

    @Test func headersOfAnotherFormatAreRefused() throws {
        #expect(
            try refusal { $0.records[1].body.replaceSubrange(0..<24, with: $0.imageHeader) }
                == .wrongFormat(found: .extended)
        )
        for version in [0, 1, 4] as [UInt8] {
            #expect(
                try refusal { $0.records[1].body[15] = version }
                    == .unknownVersion(format: .stock, version: UInt32(version))
            )
        }
        #expect(
            try refusal { $0.records[1].body[17] = 1 }
                == .unknownOptions(format: .stock, options: 1)
        )
    }

    // MARK: STOCK RECORD

    private func stockRecord(
        announcing byteCount: UInt32,
        _ fragments: [(flags: UInt16, byteCount: Int)]
    ) throws -> StreamError? {
        var record: [UInt8] = []
        record.append(littleEndian: LibxcRecord.hvmContext)
        record.append(littleEndian: byteCount)
        record += [UInt8](repeating: 0, count: fragments.reduce(0) { $0 + $1.byteCount })
        return try refusal { parts in
            var offset = 0
            let pieces = fragments.map { fragment in
                defer { offset += fragment.byteCount }
                return ExtendedStreamParts.Record(
                    .stockRecord,
                    flags: fragment.flags,
                    [UInt8](record[offset..<offset + fragment.byteCount])
                )
            }
            parts.records.insert(contentsOf: pieces, at: 6)
        }
    }

    @Test func carriedRecordMustBeAsLongAsItAnnounces() throws {
        #expect(try stockRecord(announcing: 9, [(0, 24)]) == nil)
        #expect(try stockRecord(announcing: 9, [(1, 8), (1, 15), (0, 1)]) == nil)
        for byteCount in [8, 9, 16, 23, 25, 32] {
            #expect(
                try stockRecord(announcing: 9, [(0, byteCount)])
                    == .carriedRecordMismatch(
                        announcedByteCount: 24,
                        foundByteCount: byteCount
                    )
            )
        }
        // It is whole already, and goes on.
        #expect(
            try stockRecord(announcing: 9, [(1, 24), (0, 8)])
                == .carriedRecordMismatch(announcedByteCount: 24, foundByteCount: 24)
        )
        #expect(
            try stockRecord(announcing: 9, [(1, 8), (0, 17)])
                == .carriedRecordMismatch(announcedByteCount: 24, foundByteCount: 25)
        )
        #expect(
            try stockRecord(announcing: 9, [(1, 8), (0, 15)])
                == .carriedRecordMismatch(announcedByteCount: 24, foundByteCount: 23)
        )
    }

    @Test func fragmentWithoutARecordHeaderIsRefused() throws {
        for byteCount in 1..<8 {
            #expect(
                try stockRecord(announcing: 9, [(1, byteCount), (0, 24 - byteCount)])
                    == .recordLengthOutOfRange(kind: .stockRecord, byteCount: byteCount)
            )
        }
    }

    @Test func recordLongerThanLibxcAllowsIsRefused() throws {
        let limit: UInt32 = 128 << 20
        #expect(
            try stockRecord(announcing: limit, [(0, 8)])
                == .carriedRecordMismatch(
                    announcedByteCount: 8 + Int(limit),
                    foundByteCount: 8
                )
        )
        for byteCount in [limit + 1, .max] {
            #expect(
                try stockRecord(announcing: byteCount, [(1, 8)])
                    == .stockRecordTooLong(
                        type: LibxcRecord.hvmContext,
                        byteCount: Int(byteCount)
                    )
            )
        }
    }

    @Test func fragmentsFollowEachOther() throws {
        let error = try refusal { parts in
            parts.records[6] = ExtendedStreamParts.Record(
                .stockRecord,
                flags: 1,
                [9, 0, 0, 0, 9, 0, 0, 0]
            )
            parts.records.insert(parts.records[5], at: 7)
        }
        #expect(error == .recordOutOfPlace(kind: .pages))
    }

    // MARK: The encoder's input

    private func refusalByEncoder(of bytes: [UInt8]) -> StreamError? {
        do {
            _ = try encode(bytes)
            return nil
        } catch {
            return error as? StreamError
        }
    }

    @Test func encoderRefusesWhatIsNotAStockStream() {
        #expect(refusalByEncoder(of: encoded) == .wrongFormat(found: .extended))
        var wrong = stock
        wrong[8] = 0
        #expect(
            refusalByEncoder(of: wrong) == .notAStream(marker: .max, identifier: 0x0045_4e46)
        )
        wrong = stock
        wrong[15] = 1
        #expect(refusalByEncoder(of: wrong) == .unknownVersion(format: .stock, version: 1))
        wrong = stock
        wrong[17] = 1
        #expect(refusalByEncoder(of: wrong) == .unknownOptions(format: .stock, options: 1))
        // libxc ignores these, so they are carried.
        wrong = stock
        wrong[20] = 1
        #expect(refusalByEncoder(of: wrong) == nil)
    }

    @Test func encoderRefusesARecordLongerThanLibxcAllows() {
        var bytes = StockStreamBuilder().bytes
        bytes.append(littleEndian: LibxcRecord.pageData)
        bytes.append(littleEndian: UInt32(128 << 20 + 1))
        #expect(
            refusalByEncoder(of: bytes)
                == .stockRecordTooLong(type: LibxcRecord.pageData, byteCount: 128 << 20 + 1)
        )
    }

    @Test func everyErrorHasAMessage() {
        let errors: [StreamError] = [
            .endsEarly(part: .recordBody, neededByteCount: 2, foundByteCount: 1),
            .notAStream(marker: 1, identifier: 2), .wrongFormat(found: .stock),
            .unknownVersion(format: .extended, version: 2),
            .unknownOptions(format: .stock, options: 1), .reservedFieldSet(part: .parameters),
            .stockRecordTooLong(type: 1, byteCount: 2), .recordHeaderDamaged(sequence: 1),
            .recordOutOfSequence(expected: 1, found: 2), .unknownRecordKind(9),
            .recordOutOfPlace(kind: .pages), .unknownRecordFlags(kind: .pages, flags: 1),
            .recordLengthOutOfRange(kind: .pages, byteCount: 1),
            .recordDamaged(kind: .headers, sequence: 1),
            .unsupportedSizes(pageByteCount: 1, blockByteCount: 2), .unknownFeatures(1),
            .carriedRecordMismatch(announcedByteCount: 1, foundByteCount: 2), .bytesAfterEnd,
            .page(.batchTooShort(byteCount: 1)), .compressionFailed("it"),
            .windowOutOfRange(windowLog: 9, laneCount: 1), .unknownLane(3, laneCount: 2),
            .threadNotStarted,
            .expandedLengthMismatch(announcedByteCount: 1, foundByteCount: 2),
        ]
        let texts = errors.map(\.description)
        #expect(Set(texts).count == errors.count)
        #expect(texts.allSatisfy { !$0.isEmpty && !$0.contains("\n") })
        #expect(texts[0] == "the stream ends early: 1 of 2 bytes of the record body came")
    }
}

extension ExtendedStreamParts {
    fileprivate mutating func setSlotCount(_ slotCount: UInt32) {
        var number: [UInt8] = []
        number.append(littleEndian: slotCount)
        records[0].body.replaceSubrange(8..<12, with: number)
    }
}
