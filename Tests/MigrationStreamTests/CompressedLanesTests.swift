import CZstd
import PageCodec
import TestSupport
import Testing

@testable import MigrationStream

/// Lanes and frames of compressed batches that no sender of ours writes, or seldom.
struct CompressedLanesTests {
    private let parts: ExtendedStreamParts
    private let batchIndex: Int

    init() throws {
        parts = try ExtendedStreamParts(
            encode(SmallStream.stock, compression: .level(1), threads: 2).bytes
        )
        batchIndex = try #require(
            parts.records.firstIndex { $0.kind == RecordKind.compressedPages.rawValue }
        )
    }

    private func refusal(
        _ change: (inout ExtendedStreamParts) throws -> Void
    ) throws -> StreamError? {
        var changed = parts
        try change(&changed)
        return try outcome(ofDecoding: changed.bytes).error
    }

    // MARK: Announcements

    @Test(arguments: [2, 3, 255] as [UInt8])
    func laneOutOfRangeIsRefused(_ lane: UInt8) throws {
        #expect(
            try refusal { $0.records[batchIndex].body[16] = lane }
                == .unknownLane(Int(lane), laneCount: 2)
        )
    }

    @Test func reservedByteOfTheBatchIsRefused() throws {
        for offset in 17..<24 {
            #expect(
                try refusal { $0.records[batchIndex].body[offset] = 1 }
                    == .reservedFieldSet(part: .recordBody)
            )
        }
    }

    @Test(
        arguments: [
            (23, 0), (23, 9), (23, 255), (25, 2), (24, 3), (23, 5), (22, 9), (26, 1), (9, 1),
        ] as [(UInt8, UInt8)]
    )
    func lanesOrWindowsThatAreTooManyAreRefused(_ windowLog: UInt8, _ count: UInt8) throws {
        #expect(
            try refusal {
                $0.records[0].body[32] = windowLog
                $0.records[0].body[33] = count
            } == .windowOutOfRange(windowLog: Int(windowLog), laneCount: Int(count))
        )
    }

    @Test(arguments: [(25, 1), (24, 2), (23, 4), (22, 8)] as [(UInt8, UInt8)])
    func mostLanesAndWindowsAreAccepted(_ windowLog: UInt8, _ count: UInt8) throws {
        // One thread uses only the first lane.
        var changed = try ExtendedStreamParts(
            encode(SmallStream.stock, compression: .level(1)).bytes
        )
        changed.records[0].body[32] = windowLog
        changed.records[0].body[33] = count
        #expect(try outcome(ofDecoding: changed.bytes).error == nil)
    }

    // MARK: Frames

    /// A batch in its sections, and the same compressed by hand.
    private struct Handmade {
        let bytes: [UInt8]
        let checksum: UInt64

        init() throws {
            let encoder = try BatchEncoder(slotCount: 240, residue: .compressed)
            let batch = encoder.encode(
                (0..<40).map { GuestPage($0, Content.noise($0 % 4 + 1)) }
            )
            (bytes, checksum) = (batch.bytes, batch.checksum)
        }

        var literalsByteCount: Int { Int(bytes.number(at: 16, as: UInt32.self)) }
        var control: [UInt8] { [UInt8](bytes[24..<bytes.count - literalsByteCount]) }
        var literals: [UInt8] { [UInt8](bytes.suffix(literalsByteCount)) }

        func record(_ control: [UInt8], _ literals: [UInt8]) -> ExtendedStreamParts.Record {
            var body: [UInt8] = []
            body.append(littleEndian: UInt32(control.count))
            body.append(littleEndian: UInt32(literals.count))
            body.append(littleEndian: checksum)
            body.append(littleEndian: 0 as UInt64)
            return ExtendedStreamParts.Record(
                .compressedPages,
                body + bytes.prefix(24) + control + literals
            )
        }
    }

    private static func frame(_ bytes: [UInt8], windowLog: Int = 19) throws -> [UInt8] {
        let context = try #require(ZSTD_createCCtx())
        defer { ZSTD_freeCCtx(context) }
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count) + 64)
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, Int32(windowLog))
        let byteCount = output.withUnsafeMutableBytes { output in
            bytes.withUnsafeBytes { bytes in
                var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                var source = ZSTD_inBuffer(
                    src: bytes.baseAddress,
                    size: bytes.count / 2,
                    pos: 0
                )
                // In two steps: who knows the length in advance takes a smaller window.
                ZSTD_compressStream2(context, &target, &source, ZSTD_e_flush)
                source.size = bytes.count
                ZSTD_compressStream2(context, &target, &source, ZSTD_e_end)
                return target.pos
            }
        }
        return [UInt8](output.prefix(byteCount))
    }

    /// What becomes of a stream with this batch only.
    private func result(of record: ExtendedStreamParts.Record) throws -> Outcome {
        var changed = parts
        changed.records = [parts.records[0], parts.records[1], record] + parts.records.suffix(1)
        return try outcome(ofDecoding: changed.bytes)
    }

    @Test func framesMayEndInTheMiddleOfAPiece() throws {
        let batch = try Handmade()
        let whole = try result(
            of: batch.record(Self.frame(batch.control), Self.frame(batch.literals))
        )
        #expect(whole.error == nil && whole.output.count > 40 * 4096)
        for cut in [0, 1, 1000, batch.literals.count - 1, batch.literals.count] {
            let literals =
                try Self.frame([UInt8](batch.literals.prefix(cut)))
                + Self.frame([UInt8](batch.literals.dropFirst(cut)))
            let found = try result(of: batch.record(Self.frame(batch.control), literals))
            #expect(found.error == nil && found.output == whole.output, "cut at \(cut)")
        }
    }

    @Test func skippableFramesAreSkipped() throws {
        let batch = try Handmade()
        let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]
        let found = try result(
            of: batch.record(
                skippable + Self.frame(batch.control),
                Self.frame(batch.literals) + skippable
            )
        )
        #expect(found.error == nil && found.output.count > 40 * 4096)
    }

    @Test func garbageAfterAFrameIsRefused() throws {
        let batch = try Handmade()
        let (control, literals) = try (Self.frame(batch.control), Self.frame(batch.literals))
        for garbage in [
            [1, 2, 3, 4, 5], [0x28, 0xb5, 0x2f, 0xfc, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]] {
            for record in [
                batch.record(control + garbage, literals),
                batch.record(control, literals + garbage),
            ] {
                guard case .compressionFailed = try result(of: record).error else {
                    Issue.record("\(garbage) is accepted")
                    continue
                }
            }
        }
    }

    @Test func nothingIsExpandedBeyondWhatIsAnnounced() throws {
        let batch = try Handmade()
        let bomb = try Self.frame([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 16 << 10)
        let zeros = [UInt8](repeating: 0, count: batch.literals.count)
        for literals in [bomb, try Self.frame(zeros) + bomb, try Self.frame(batch.literals) + bomb]
        {
            let found = try result(of: batch.record(Self.frame(batch.control), literals))
            #expect(
                found.error
                    == .expandedLengthMismatch(
                        announcedByteCount: batch.literals.count,
                        foundByteCount: batch.literals.count
                    )
            )
            #expect(found.output.count == 40)
        }
    }

    @Test func windowOfAControlStreamIsAtMostAMebibyte() throws {
        let batch = try Handmade()
        let literals = try Self.frame(batch.literals, windowLog: 21)
        let allowed = try result(
            of: batch.record(Self.frame(batch.control, windowLog: 20), literals)
        )
        #expect(allowed.error == nil)
        let refused = try result(
            of: batch.record(Self.frame(batch.control, windowLog: 21), literals)
        )
        guard case .compressionFailed = refused.error else {
            Issue.record("\(String(describing: refused.error))")
            return
        }
    }

    // MARK: Efforts that change

    /// Batches as a sender writes them whose effort changes, on lanes that take turns.
    @Test(arguments: [1, 2])
    func effortMayChangeWithEachBatch(_ laneCount: Int) throws {
        let efforts = [
            CompressionEffort(level: 1), CompressionEffort(level: 1), CompressionEffort(level: -5),
            CompressionEffort(level: 6, isLongDistance: true), CompressionEffort(level: 3),
            CompressionEffort(level: 6, isLongDistance: true), CompressionEffort(level: -1),
        ]
        let pages = (0..<efforts.count * 64).map {
            GuestPage(UInt64($0), Content.changed(Content.noise(UInt64($0 % 50)), [$0 % 4096: 1]))
        }
        let stock = StockStreamBuilder.stream(rounds: [pages], entriesPerBatch: 64)
        var stream = try ExtendedStreamParts(
            encode(stock, compression: .level(1), threads: laneCount).bytes
        )
        let compressors = try (0..<laneCount).map { _ in
            try ResidueCompressor(windowLog: ExtendedStream.windowLog(laneCount: laneCount))
        }
        let matcher = try PageMatcher(slotCount: 240)
        try stream.replaceBatches(of: pages, matcher) { number, batch, memory in
            try compressors[number % laneCount].compress(
                batch,
                effort: efforts[number],
                lane: number % laneCount,
                into: memory
            )
        }
        for threads in [1, 4] {
            let found = try outcome(ofDecoding: stream.bytes, threads: threads)
            #expect(found.error == nil)
            let isSame = found.output == stock
            #expect(isSame)
        }
    }
}

extension ExtendedStreamParts {
    /// Compresses the batches of a stream anew, 64 pages each.
    fileprivate mutating func replaceBatches(
        of pages: [GuestPage],
        _ matcher: consuming PageMatcher,
        _ compress: (Int, CodedBatch, CompressedMemory) throws -> [UnsafeRawBufferPointer]
    ) throws {
        let (matches, memory) = (BatchMatches(), CompressedMemory())
        var writer = BatchWriter()
        let indices = records.indices.filter {
            records[$0].kind == RecordKind.compressedPages.rawValue
        }
        for (number, index) in indices.enumerated() {
            let batchPages = pages[64 * number..<64 * number + 64]
            let entries = batchPages.map { $0.entryBits.littleEndian }
            let content = batchPages.flatMap(\.content)
            let body = try entries.withUnsafeBufferPointer { entries in
                try content.withUnsafeBytes { content in
                    matcher.match(
                        entries: entries,
                        pages: try #require(content.baseAddress),
                        pagesStay: true,
                        into: matches
                    )
                    let coded = writer.write(matches, residue: .compressed)
                    return try compress(number, coded, memory).flatMap { [UInt8]($0) }
                }
            }
            records[index].body = body
        }
    }
}
