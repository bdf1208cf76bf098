import TestSupport
import Testing

@testable import MigrationStream
@testable import PageCodec

/// What `docs/protocol.md` says is what the code does.
struct ProtocolDocumentTests {
    private let lines: [String]

    init() throws {
        let bytes = try Repository.bytes(ofFile: Repository.path + "/docs/protocol.md")
        lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        ).map(String.init)
    }

    /// The names of all examples, in order.
    private var exampleNames: [String] {
        lines.compactMap { line in
            line.hasPrefix("```hex example=") ? String(line.dropFirst(15)) : nil
        }
    }

    private func example(_ name: String) throws -> [UInt8] {
        let start = try #require(lines.firstIndex(of: "```hex example=" + name), "no such example")
        let block = lines[(start + 1)...].prefix { $0 != "```" }
        return try #require([UInt8](hexadecimal: block.joined()), "no hexadecimal digits")
    }

    @Test func everyExampleIsTested() {
        #expect(
            exampleNames == [
                "image-header", "record-header", "parameters", "headers", "stock-record",
                "numbers", "zigzag", "entry-runs", "class-runs", "delta-control",
                "delta-literals", "compressed-pages", "reference", "unchanged", "delta",
                "blocks", "words", "blocks-words", "complete-stream",
            ]
        )
    }

    @Test func imageHeaderIsAsDocumented() throws {
        let bytes = try example("image-header")
        #expect(ExtendedStream.imageHeader == bytes)
        let header = try bytes.withUnsafeBytes { try ImageHeader(reading: $0) }
        #expect(header.format == .extended)
    }

    @Test func recordHeaderIsAsDocumented() throws {
        let bytes = try example("record-header")
        let checksum = [UInt8](repeating: 0, count: 8).withUnsafeBytes {
            ExtendedStream.checksum($0)
        }
        var written = [UInt8](repeating: 0, count: ExtendedStream.recordHeaderByteCount)
        written.withUnsafeMutableBytes {
            RecordHeader(
                kind: .stockRecord,
                bodyByteCount: 8,
                sequence: 3,
                checksum: checksum
            ).write(to: $0)
        }
        #expect(written == bytes)
        let read = try bytes.withUnsafeBytes {
            try RecordHeader(reading: $0, expectedSequence: 3)
        }
        #expect(read.kind == .stockRecord && read.flags == 0 && read.bodyByteCount == 8)
        #expect(read.sequence == 3 && read.checksum == checksum)
    }

    @Test func parametersAreAsDocumented() throws {
        let bytes = try example("parameters")
        var written = [UInt8](repeating: 0xff, count: ExtendedStream.parametersByteCount)
        written.withUnsafeMutableBytes { StreamParameters(slotCount: 240).write(to: $0) }
        #expect(written == bytes)
        let read = try bytes.withUnsafeBytes { try StreamParameters(reading: $0) }
        #expect(read == StreamParameters(slotCount: 240))
        #expect(CacheSize(mebibytes: 1)?.slotCount == 240)
    }

    @Test func headersAreAsDocumented() throws {
        let bytes = try example("headers")
        #expect(StockStreamBuilder(.hvm).bytes == bytes)
        let parts = try ExtendedStreamParts(encode(SmallStream.stock).bytes)
        #expect(parts.records[1].body == bytes)
    }

    @Test func stockRecordIsAsDocumented() throws {
        var builder = StockStreamBuilder()
        builder.append(LibxcRecord.staticDataEnd)
        builder.appendEnd()
        let encoded = try encode(builder.bytes).bytes
        let record = try example("stock-record")
        #expect(encoded.suffix(record.count) == record[...])
        let prefix = encoded.dropLast(record.count)
        #expect(try decode(prefix + record).bytes == builder.bytes)
    }

    @Test func numbersAreAsDocumented() throws {
        let numbers: [UInt64] = [0, 127, 128, 300, .max]
        let bytes = try example("numbers")
        #expect(
            written { cursor in for number in numbers { cursor.write(number: number) } } == bytes
        )
        #expect(try readNumbers(bytes, count: 5) == numbers)

        let signed: [Int64] = [0, -1, 1, -2, 64, -65]
        let zigzag = try example("zigzag")
        #expect(
            written { cursor in
                for number in signed { cursor.write(number: UInt64(zigzag: number)) }
            } == zigzag
        )
        #expect(try readNumbers(zigzag, count: 6).map { Int64(zigzag: $0) } == signed)
    }

    @Test func entryRunsAreAsDocumented() throws {
        let entries: [PageEntry] = [
            PageEntry(pfn: 0x10, type: 0), PageEntry(pfn: 0x11, type: 0),
            PageEntry(pfn: 0x12, type: 0), PageEntry(pfn: 0x11, type: 1),
            PageEntry(pfn: 0x20, type: 15),
        ]
        let bytes = try example("entry-runs")
        let bits = entries.map { $0.bits.littleEndian }
        #expect(
            written { cursor in
                bits.withUnsafeBufferPointer { encodeEntryRuns($0, into: &cursor) }
            } == bytes
        )
        var found = [UInt64](repeating: 0, count: 5)
        try found.withUnsafeMutableBufferPointer { found in
            try withReader(bytes, .entries) { try decodeEntryRuns(&$0, into: found) }
        }
        #expect(found == bits)
    }

    @Test func classRunsAreAsDocumented() throws {
        let runs: [(PageClass, Int)] = [
            (.zero, 3), (.raw, 15), (.reference, 16), (.unchanged, 300),
        ]
        let classes = runs.flatMap { repeatElement($0.0, count: $0.1) }
        let bytes = try example("class-runs")
        #expect(
            written { cursor in
                var writer = ClassRunWriter(cursor)
                for pageClass in classes { writer.append(pageClass) }
                writer.finish()
                cursor = writer.cursor
            } == bytes
        )
        try withReader(bytes, .classes) { section in
            var reader = ClassRunReader(section)
            for (index, pageClass) in classes.enumerated() {
                let found = try reader.next(pageIndex: index, pageCount: classes.count)
                #expect(found == pageClass)
            }
            try reader.finish()
        }
    }

    @Test func deltaIsAsDocumented() throws {
        let target = Content.changed(
            Content.zero,
            [0: 1, 100: 0xaa, 101: 0xbb, 102: 0xcc, 103: 0xdd, 4095: 0xff]
        )
        let (control, literals) = (try example("delta-control"), try example("delta-literals"))
        var writtenLiterals: [UInt8] = []
        let writtenControl = written { controlCursor in
            writtenLiterals = written { literalCursor in
                _ = target.withUnsafeBytes {
                    var runs = ChangedRuns()
                    _ = runs.compare(
                        from: ZeroPage.bytes,
                        to: $0.baseAddress.unsafelyUnwrapped,
                        byteCount: 4096
                    )
                    runs.find()
                    return writeDelta(
                        runs,
                        to: $0.baseAddress.unsafelyUnwrapped,
                        byteCount: 4096,
                        limit: 4095,
                        control: &controlCursor,
                        literals: &literalCursor
                    )
                }
            }
        }
        #expect(writtenControl == control && writtenLiterals == literals)
        var page = Content.zero
        try page.withUnsafeMutableBytes { page in
            try withReader(control, .control) { control in
                try withReader(literals, .literals) { literals in
                    try applyDelta(
                        to: page.baseAddress.unsafelyUnwrapped,
                        byteCount: 4096,
                        pfn: 0,
                        control: &control,
                        literals: &literals
                    )
                    try literals.finish()
                }
                try control.finish()
            }
        }
        #expect(page == target)
    }

    private static let firstPage = Content.blocks(1, 2, 3, 4)

    @Test(
        arguments: [
            ("reference", GuestPage(0x101, firstPage)),
            ("unchanged", GuestPage(0x100, firstPage)),
            (
                "delta",
                GuestPage(
                    0x100,
                    Content.changed(firstPage, [10: 0x6e, 11: 0x65, 12: 0x77, 4095: 0])
                )
            ),
            ("blocks", GuestPage(0x102, Content.changed(Content.blocks(4, 1, 0, 0), [3071: 1]))),
        ])
    func pagesRecordIsAsDocumented(_ name: String, _ page: GuestPage) throws {
        var builder = StockStreamBuilder()
        builder.append(pages: [GuestPage(0x100, Self.firstPage)])
        builder.append(pages: [page])
        builder.appendEnd()
        let encoded = try encode(builder.bytes)
        let counts = encoded.statistics.pages
        let count =
            switch name {
            case "reference": counts.referencePageCount
            case "unchanged": counts.unchangedPageCount
            case "delta": counts.deltaPageCount
            default: counts.blocksPageCount
            }
        #expect(count == 1 && counts.rawPageCount == 1)

        let record = try example(name)
        var offset = 24
        for body in try ExtendedStreamParts(encoded.bytes).records.prefix(3).map(\.body) {
            offset += 24 + body.count
        }
        #expect(encoded.bytes[offset..<offset + record.count] == record[...])
        var rebuilt = [UInt8](encoded.bytes.prefix(offset))
        rebuilt += record
        rebuilt += encoded.bytes.suffix(24 + 8)
        #expect(try decode(rebuilt).bytes == builder.bytes)
    }

    /// Words need a stream with compression, but may come in a PAGES record of it.
    @Test(
        arguments: [
            (
                "words",
                GuestPage(
                    0x100,
                    Content.changed(firstPage, [10: 0x6e, 11: 0x65, 12: 0x77, 4095: 0])
                ),
                7
            ),
            (
                "blocks-words",
                GuestPage(0x102, Content.changed(Content.blocks(4, 1, 0, 0), [3071: 1])),
                5
            ),
        ] as [(String, GuestPage, UInt8)]
    )
    func pagesRecordOfWordsIsAsDocumented(
        _ name: String,
        _ page: GuestPage,
        classCode: UInt8
    ) throws {
        let encoder = try BatchEncoder(slotCount: 240, residue: .compressed)
        let batches = [GuestPage(0x100, Self.firstPage), page].map { encoder.encode([$0]) }
        #expect(batches[1].classCodes == [classCode])
        let record = try example(name)
        #expect([UInt8](record.dropFirst(24)) == batches[1].bytes)
        #expect(record.number(at: 16, as: UInt64.self) == batches[1].checksum)

        var builder = StockStreamBuilder()
        builder.append(pages: [GuestPage(0x100, Self.firstPage)])
        builder.append(pages: [page])
        builder.appendEnd()
        var parts = try ExtendedStreamParts(
            encode(builder.bytes, compression: .level(1)).bytes
        )
        try #require(parts.records[3].kind == RecordKind.compressedPages.rawValue)
        for (index, batch) in batches.enumerated() {
            var pages = ExtendedStreamParts.Record(.pages, batch.bytes)
            pages.checksum = batch.checksum
            parts.records[2 + index] = pages
        }
        let offset = 24 + parts.records.prefix(3).reduce(0) { $0 + 24 + $1.body.count }
        #expect(parts.bytes[offset..<offset + record.count] == record[...])
        #expect(try decode(parts.bytes).bytes == builder.bytes)
    }

    @Test func compressedPagesAreAsDocumented() throws {
        var builder = StockStreamBuilder()
        builder.append(pages: [GuestPage(0x100, Content.blocks(1, 2, 3, 4))])
        builder.appendEnd()
        // Only one direction: another version of zstd may find other bytes for the same content.
        let encoded = try encode(builder.bytes, compression: .level(1)).bytes
        var parts = try ExtendedStreamParts(encoded)
        let record = try example("compressed-pages")
        parts.records[2].body = [UInt8](record.dropFirst(24))
        let offset = 24 + (24 + 64) + (24 + 40)
        #expect(parts.bytes[offset..<offset + record.count] == record[...])
        #expect(try decode(parts.bytes).bytes == builder.bytes)
    }

    @Test func completeStreamIsAsDocumented() throws {
        let page = Content.changed(Content.zero, [8: 0x58, 9: 0x65, 10: 0x6e])
        var builder = StockStreamBuilder()
        builder.append(pages: [
            GuestPage(0, Content.zero), GuestPage(1, page), .empty(2, type: 15),
        ])
        builder.appendEnd()
        let bytes = try example("complete-stream")
        #expect(try encode(builder.bytes).bytes == bytes)
        #expect(try decode(bytes).bytes == builder.bytes)
    }

    @Test func constantsAreAsDocumented() throws {
        var documented: [String: Int] = [:]
        let start = try #require(lines.firstIndex(of: "## Constants"))
        for line in lines[start...] where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
            let name = try #require(cells.first)
            #expect(documented[name] == nil, "\(name) comes twice")
            documented[name] = Int(try #require(cells.last))
        }
        #expect(documented == Self.constants)
    }

    private static let constants: [String: Int] = [
        "PageFormat.pageByteCount": PageFormat.pageByteCount,
        "PageFormat.blockByteCount": PageFormat.blockByteCount,
        "PageFormat.blocksPerPage": PageFormat.blocksPerPage,
        "PageFormat.entriesPerBatchMaximum": PageFormat.entriesPerBatchMaximum,
        "PageFormat.versionsPerSlot": PageFormat.versionsPerSlot,
        "PageFormat.slotCountMaximum": PageFormat.slotCountMaximum,
        "PageFormat.batchHeaderByteCount": PageFormat.batchHeaderByteCount,
        "PageFormat.batchByteCountMaximum": PageFormat.batchByteCountMaximum,
        "PageEntry.pfnLimit": Int(PageEntry.pfnLimit),
        "PageClass.zero": Int(PageClass.zero.rawValue),
        "PageClass.unchanged": Int(PageClass.unchanged.rawValue),
        "PageClass.reference": Int(PageClass.reference.rawValue),
        "PageClass.delta": Int(PageClass.delta.rawValue),
        "PageClass.blocks": Int(PageClass.blocks.rawValue),
        "PageClass.raw": Int(PageClass.raw.rawValue),
        "PageClass.words": Int(PageClass.words.rawValue),
        "BlockClass.literal": Int(BlockClass.literal.rawValue),
        "BlockClass.reference": Int(BlockClass.reference.rawValue),
        "BlockClass.delta": Int(BlockClass.delta.rawValue),
        "BlockClass.words": Int(BlockClass.words.rawValue),
        "RecordKind.parameters": Int(RecordKind.parameters.rawValue),
        "RecordKind.headers": Int(RecordKind.headers.rawValue),
        "RecordKind.stockRecord": Int(RecordKind.stockRecord.rawValue),
        "RecordKind.pages": Int(RecordKind.pages.rawValue),
        "RecordKind.compressedPages": Int(RecordKind.compressedPages.rawValue),
        "RecordHeader.continuesFlag": Int(RecordHeader.continuesFlag),
        "ExtendedStream.identifier": Int(ExtendedStream.identifier),
        "ExtendedStream.version": Int(ExtendedStream.version),
        "ExtendedStream.knownFeatures": Int(ExtendedStream.knownFeatures),
        "ExtendedStream.windowLogs.lowerBound": ExtendedStream.windowLogs.lowerBound,
        "ExtendedStream.windowLogs.upperBound": ExtendedStream.windowLogs.upperBound,
        "ExtendedStream.laneCounts.upperBound": ExtendedStream.laneCounts.upperBound,
        "ExtendedStream.windowByteCountMaximum": ExtendedStream.windowByteCountMaximum,
        "CompressedBatch.prefixByteCount": CompressedBatch.prefixByteCount,
        "CompressedBatch.controlWindowLogMaximum": CompressedBatch.controlWindowLogMaximum,
        "CompressedBatch.byteCountMaximum": CompressedBatch.byteCountMaximum,
        "ExtendedStream.recordHeaderByteCount": ExtendedStream.recordHeaderByteCount,
        "ExtendedStream.parametersByteCount": ExtendedStream.parametersByteCount,
        "ExtendedStream.fragmentByteCountMaximum": ExtendedStream.fragmentByteCountMaximum,
        "StockStream.imageHeaderByteCount": StockStream.imageHeaderByteCount,
        "StockStream.headersByteCount": StockStream.headersByteCount,
        "StockStream.recordHeaderByteCount": StockStream.recordHeaderByteCount,
        "StockStream.recordBodyByteCountMaximum": StockStream.recordBodyByteCountMaximum,
        "StockRecordType.end": Int(StockRecordType.end),
        "StockRecordType.pageData": Int(StockRecordType.pageData),
        "StockRecordType.checkpoint": Int(StockRecordType.checkpoint),
        "CacheSize.byteCount(ofSlotCount:1)": CacheSize.byteCount(ofSlotCount: 1),
    ]

    private func written(_ body: (inout UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
        let start = UnsafeMutablePointer<UInt8>.allocate(capacity: 16384)
        defer { start.deallocate() }
        var cursor = start
        body(&cursor)
        return [UInt8](UnsafeBufferPointer(start: start, count: cursor - start))
    }

    private func withReader(
        _ bytes: [UInt8],
        _ section: BatchSection,
        _ body: (inout SectionReader) throws -> Void
    ) throws {
        try bytes.withUnsafeBytes { bytes in
            let start = try #require(bytes.baseAddress)
            var reader = SectionReader(section, start, byteCount: bytes.count)
            try body(&reader)
        }
    }

    private func readNumbers(_ bytes: [UInt8], count: Int) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try withReader(bytes, .control) { reader in
            for _ in 0..<count { numbers.append(try reader.readNumber()) }
            try reader.finish()
        }
        return numbers
    }
}
