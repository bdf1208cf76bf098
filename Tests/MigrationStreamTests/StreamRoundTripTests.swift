import PageCodec
import TestSupport
import Testing

@testable import MigrationStream

struct StreamRoundTripTests {
    private func expectRoundTrip(
        _ stock: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (records: [ExtendedStreamParts.Record], statistics: StreamStatistics) {
        let encoded = try encode(stock)
        let decoded = try decode(encoded.bytes)
        let isSame = decoded.bytes == stock
        #expect(isSame, sourceLocation: sourceLocation)
        #expect(
            encoded.statistics.counts == decoded.statistics.counts,
            sourceLocation: sourceLocation
        )
        #expect(encoded.statistics.stockByteCount == stock.count, sourceLocation: sourceLocation)
        #expect(
            encoded.statistics.extendedByteCount == encoded.bytes.count,
            sourceLocation: sourceLocation
        )
        let parts = try ExtendedStreamParts(encoded.bytes)
        // Taking apart and putting together is used by other tests; here it is proven to be exact.
        #expect(parts.bytes == encoded.bytes, sourceLocation: sourceLocation)
        return (parts.records, encoded.statistics)
    }

    @Test(arguments: [StockStreamBuilder.GuestKind.pv, .hvm], [2, 3] as [UInt32])
    func shortestStreamComesBack(_ guest: StockStreamBuilder.GuestKind, version: UInt32) throws {
        var builder = StockStreamBuilder(guest, version: version)
        builder.appendEnd()
        let records = try expectRoundTrip(builder.bytes).records
        #expect(records.map(\.kind) == [1, 2, 3])
        #expect(records[1].body == [UInt8](builder.bytes.prefix(40)))
    }

    @Test func smallStreamUsesAllKindsAndClasses() throws {
        let (records, statistics) = try expectRoundTrip(SmallStream.stock)
        #expect(records.map(\.kind) == [1, 2, 3, 3, 4, 4, 3, 3, 3])
        let pages = statistics.pages
        #expect(pages.zeroPageCount == 1 && pages.deltaPageCount == 2)
        #expect(pages.referencePageCount == 1 && pages.unchangedPageCount == 1)
        #expect(pages.emptyEntryCount == 1)
        #expect(statistics.roundCount == 2)
    }

    @Test(arguments: 0...17)
    func recordOfAnyLengthIsPadded(_ byteCount: Int) throws {
        var builder = StockStreamBuilder()
        builder.append(LibxcRecord.hvmContext, Content.noise(1, byteCount: byteCount))
        builder.appendEnd()
        let records = try expectRoundTrip(builder.bytes).records
        #expect(records[2].body.count == 8 + (byteCount + 7) / 8 * 8)
    }

    @Test func unknownRecordsAndPaddingThatIsNotZeroAreKept() throws {
        var builder = StockStreamBuilder()
        for type in [0x13, 0x7fff_ffff, 0x8000_0001, .max] as [UInt32] {
            builder.append(type, Content.noise(UInt64(type), byteCount: 16))
        }
        builder.append(LibxcRecord.hvmContext, [1])
        var stock = builder.bytes
        stock[stock.count - 1] = 0xff
        stock += [UInt8](repeating: 0, count: 8)
        #expect(try expectRoundTrip(stock).records.count == 8)
    }

    @Test func endWithABodyIsStillTheEnd() throws {
        var builder = StockStreamBuilder()
        builder.append(LibxcRecord.end, [1, 2, 3])
        _ = try expectRoundTrip(builder.bytes)
    }

    @Test(
        arguments: [
            ((1 << 20) - 8, [1 << 20]), ((1 << 20) - 7, [1 << 20, 8]), (1 << 20, [1 << 20, 8]),
            ((2 << 20) - 8, [1 << 20, 1 << 20]),
            (3 << 20, [1 << 20, 1 << 20, 1 << 20, 8]),
        ] as [(Int, [Int])]
    )
    func longRecordIsCutIntoFragments(_ byteCount: Int, _ fragments: [Int]) throws {
        var builder = StockStreamBuilder()
        builder.append(LibxcRecord.hvmContext, Content.noise(1, byteCount: byteCount))
        builder.appendEnd()
        let records = try expectRoundTrip(builder.bytes).records.dropFirst(2).dropLast()
        #expect(records.map(\.body.count) == fragments)
        #expect(records.allSatisfy { $0.kind == RecordKind.stockRecord.rawValue })
        #expect(records.map(\.flags) == fragments.dropLast().map { _ in 1 } + [0])
    }

    // MARK: PAGE_DATA

    @Test(arguments: [1, 15, 16, 17, 1023, 1024])
    func pageDataIsCoded(_ entryCount: Int) throws {
        let pages = (0..<UInt64(entryCount)).map { pfn in
            pfn % 16 == 3 ? GuestPage.empty(pfn, type: 15) : GuestPage(pfn, Content.zero)
        }
        let (records, statistics) = try expectRoundTrip(
            StockStreamBuilder.stream(rounds: [pages, pages])
        )
        #expect(records.count { $0.kind == RecordKind.pages.rawValue } == 2)
        #expect(statistics.roundCount == 2)
    }

    /// A `PAGE_DATA` record that libxc would not write: its reader may judge it.
    private func expectCarried(
        _ body: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let page = GuestPage(1, Content.noise(1))
        var builder = StockStreamBuilder()
        builder.append(pages: [page])
        builder.append(LibxcRecord.pageData, body)
        // The carried record must not change what both ends remember.
        builder.append(pages: [page])
        builder.appendEnd()
        let (records, statistics) = try expectRoundTrip(
            builder.bytes,
            sourceLocation: sourceLocation
        )
        #expect(
            records.count { $0.kind == RecordKind.pages.rawValue } == 2,
            sourceLocation: sourceLocation
        )
        #expect(statistics.pages.rawPageCount == 1, sourceLocation: sourceLocation)
        #expect(statistics.pages.unchangedPageCount == 1, sourceLocation: sourceLocation)
        #expect(statistics.pages.pageCount == 2, sourceLocation: sourceLocation)
    }

    @Test func pageDataOfTooManyEntriesIsCarried() throws {
        let empty = (0..<1025).map { GuestPage.empty($0, type: 15) }
        try expectCarried(StockStreamBuilder.pageDataBody(empty))
        let zero = (0..<1025).map { GuestPage($0, Content.zero) }
        try expectCarried(StockStreamBuilder.pageDataBody(zero))
    }

    @Test func pageDataWithAReservedWordIsCarried() throws {
        let page = GuestPage(1, Content.noise(2))
        for reserved in [1, 0x8000_0000] as [UInt32] {
            try expectCarried(StockStreamBuilder.pageDataBody([page], reserved: reserved))
        }
    }

    @Test func pageDataWithReservedBitsInAnEntryIsCarried() throws {
        for bit in 52..<60 as Range<UInt64> {
            let page = GuestPage(1 | 1 << bit, Content.noise(2))
            try expectCarried(StockStreamBuilder.pageDataBody([page]))
        }
    }

    @Test func pageDataOfAnotherLengthIsCarried() throws {
        let body = StockStreamBuilder.pageDataBody([GuestPage(1, Content.noise(2))])
        for wrong in [
            body + [0], [UInt8](body.dropLast()), [UInt8](body.dropLast(8)),
            [UInt8](body.prefix(16)), [UInt8](body.prefix(15)), [UInt8](body.prefix(8)),
            [UInt8](body.prefix(7)), [UInt8](body.prefix(1)), [], body + Content.zero,
        ] { try expectCarried(wrong) }
    }

    @Test func pageDataWithoutEntriesIsCarried() throws {
        try expectCarried([0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func pageDataThatAnnouncesBillionsOfEntriesIsCarried() throws {
        try expectCarried([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0] + Content.zero)
        try expectCarried([0x00, 0x00, 0x00, 0x20, 0, 0, 0, 0])
    }

    // MARK: When bytes move

    @Test func nothingIsHeldBack() throws {
        let sink = MemorySink()
        let size = try #require(CacheSize(mebibytes: 1))
        let encoder = try StreamEncoder(
            from: MemorySource(SmallStream.stock),
            to: sink,
            cacheSize: size
        )
        let records = Collected<(written: Int, counted: Int, isCheckpoint: Bool)>()
        try encoder.run { record in
            records.append(
                (sink.bytes.count, record.statistics.extendedByteCount, record.isCheckpoint)
            )
        }
        let all = records.all
        #expect(all.map(\.written) == all.map(\.counted))
        #expect(
            all.map(\.isCheckpoint) == [false, false, false, false, true, false, false]
        )
        #expect(all.last?.written == sink.bytes.count)
    }

    @Test func encoderReadsNothingBeyondTheEnd() throws {
        let source = MemorySource(SmallStream.stock + [1, 2, 3])
        let size = try #require(CacheSize(mebibytes: 1))
        let encoder = try StreamEncoder(from: source, to: MemorySink(), cacheSize: size)
        try encoder.run()
        #expect(source.readByteCount == SmallStream.stock.count)
    }

    @Test func decoderReadsNothingBeyondTheEndOrACheckpoint() throws {
        let encoded = try encode(SmallStream.stock).bytes
        let records = try ExtendedStreamParts(encoded).records
        let checkpointEnd = 24 + records.prefix(7).map { 24 + $0.body.count }.reduce(0, +)
        try expectReads(encoded, accepting: .extended, checkpointEnd: checkpointEnd)
    }

    @Test func stockStreamIsPassedOnAndReadNoFurtherEither() throws {
        let checkpointEnd = SmallStream.stock.count - 8 - (8 + 16)
        try expectReads(SmallStream.stock, accepting: .stock, checkpointEnd: checkpointEnd)
    }

    private func expectReads(
        _ bytes: [UInt8],
        accepting format: StreamFormat,
        checkpointEnd: Int
    ) throws {
        let source = MemorySource(bytes + [1, 2, 3])
        let sink = MemorySink()
        let decoder = StreamDecoder(from: source, to: sink, cacheByteCountMaximum: 64 << 20)
        let checkpoints = Collected<[Int]>()
        let found = try decoder.run(acceptsStockStream: true) {
            checkpoints.append([source.readByteCount, sink.bytes.count])
        }
        #expect(found == format)
        #expect(sink.bytes == SmallStream.stock)
        #expect(source.readByteCount == bytes.count)
        #expect(checkpoints.all == [[checkpointEnd, SmallStream.stock.count - 8 - (8 + 16)]])
    }

    @Test func longStockRecordIsPassedOn() throws {
        var builder = StockStreamBuilder()
        builder.append(LibxcRecord.hvmContext, Content.noise(1, byteCount: (5 << 20) + 1))
        builder.appendEnd()
        let outcome = try outcome(ofDecoding: builder.bytes, acceptsStockStream: true)
        let isSame = outcome.output == builder.bytes
        #expect(outcome.error == nil && isSame)
    }

    // MARK: Errors of the transport

    private struct Broken: Error, Equatable {}

    private struct BrokenSource: ByteSource {
        mutating func next(
            _ byteCount: Int,
            scratch: UnsafeMutableRawBufferPointer
        ) throws -> UnsafeRawBufferPointer {
            throw Broken()
        }
    }

    private final class BreakingSink: ByteSink {
        func write(_ pieces: [UnsafeRawBufferPointer]) throws { throw Broken() }
    }

    @Test func errorsOfTheTransportComeThrough() throws {
        let size = try #require(CacheSize(mebibytes: 1))
        #expect(throws: Broken()) {
            let encoder = try StreamEncoder(
                from: BrokenSource(),
                to: MemorySink(),
                cacheSize: size
            )
            try encoder.run()
        }
        #expect(throws: Broken()) {
            let encoder = try StreamEncoder(
                from: MemorySource(SmallStream.stock),
                to: BreakingSink(),
                cacheSize: size
            )
            try encoder.run()
        }
        let encoded = try encode(SmallStream.stock).bytes
        #expect(throws: Broken()) {
            let decoder = StreamDecoder(
                from: MemorySource(encoded),
                to: BreakingSink(),
                cacheByteCountMaximum: 64 << 20
            )
            _ = try decoder.run(acceptsStockStream: false)
        }
    }

    // MARK: Properties

    @Test(arguments: 0..<6 as Range<UInt64>)
    func randomGuestsComeBack(_ number: UInt64) throws {
        let seed = SeededGenerator.seedOfRun
        var guest = RandomGuest(seed: seed &+ number, pageCount: 150)
        let stock = guest.stream(roundCount: 4)
        let encoded = try encode(stock)
        let again = try encode(stock)
        let isDeterministic = encoded.bytes == again.bytes
        #expect(isDeterministic, "CLOUDNET_TEST_SEED=\(seed)")
        let decoded = try decode(encoded.bytes)
        let isSame = decoded.bytes == stock
        #expect(isSame, "CLOUDNET_TEST_SEED=\(seed)")
        #expect(
            encoded.statistics.counts == decoded.statistics.counts,
            "CLOUDNET_TEST_SEED=\(seed)"
        )
        #expect(encoded.bytes.count < stock.count, "CLOUDNET_TEST_SEED=\(seed)")
    }
}
