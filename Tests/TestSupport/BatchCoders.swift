public import PageCodec

/// A coded batch in memory of its own.
public struct TestBatch: Equatable, Sendable {
    /// The batch header and all sections.
    public var bytes: [UInt8]
    /// The checksum that goes with it.
    public var checksum: UInt64

    /// A batch made by hand.
    public init(bytes: [UInt8], checksum: UInt64) {
        self.bytes = bytes
        self.checksum = checksum
    }

    /// A copy of a coded batch.
    public init(_ batch: CodedBatch) {
        bytes = []
        bytes.reserveCapacity(batch.byteCount)
        for piece in batch.pieces { bytes.append(contentsOf: piece) }
        checksum = batch.checksum
    }

    /// The class codes of all pages, in their order.
    public var classCodes: [UInt8] {
        var codes: [UInt8] = []
        var offset = 24 + Int(bytes.number(at: 4, as: UInt32.self))
        let end = offset + Int(bytes.number(at: 8, as: UInt32.self))
        while offset < end {
            let code = bytes[offset] >> 4
            var count = Int(bytes[offset] & 15) + 1
            offset += 1
            if count == 16 {
                var shift = 0
                repeat {
                    count += Int(bytes[offset] & 0x7f) << shift
                    shift += 7
                    offset += 1
                } while bytes[offset - 1] >= 0x80
            }
            codes += [UInt8](repeating: code, count: count)
        }
        return codes
    }
}

/// A page matcher and a batch writer that tests can capture and that take arrays.
///
/// Every second batch is surveyed before it is matched, as threads do; every third one does not stay
/// where it was.
public final class BatchEncoder {
    /// What becomes of the batches to come.
    public var residue: BatchWriter.Residue

    /// What was coded so far.
    public private(set) var statistics = PageStatistics()

    private var matcher: PageMatcher
    private var writer = BatchWriter()
    private let matches = BatchMatches()
    private let survey = PageSurvey()
    private let input = UnsafeMutableRawBufferPointer.allocate(
        byteCount: PageFormat.entriesPerBatchMaximum * PageFormat.pageByteCount,
        alignment: 8
    )
    private var batchCount = 0

    /// Creates an encoder with so many cache slots, whose batches are sent as they are or compressed.
    public init(
        slotCount: Int,
        residue: BatchWriter.Residue = .sent,
        classes: PageClasses = .all
    ) throws(PageCodecError) {
        matcher = try PageMatcher(slotCount: slotCount, classes: classes)
        self.residue = residue
    }

    deinit { input.deallocate() }

    /// Codes pages as one batch.
    public func encode(_ pages: [GuestPage]) -> TestBatch {
        batchCount += 1
        let content = pages.flatMap(\.content)
        input.copyBytes(from: content)
        let start = UnsafeRawPointer(input.baseAddress.unsafelyUnwrapped)
        let survey = batchCount % 2 == 0 ? survey : nil
        survey?.look(at: start, count: content.count / GuestPage.byteCount)
        let pagesStay = batchCount % 3 != 0
        pages.map { $0.entryBits.littleEndian }.withUnsafeBufferPointer {
            matcher.match(
                entries: $0,
                pages: start,
                pagesStay: pagesStay,
                survey: survey,
                into: matches
            )
        }
        if !pagesStay {
            for index in content.indices { input[index] = 0xa5 }
        }
        let batch = writer.write(matches, residue: residue)
        statistics += batch.statistics
        return TestBatch(batch)
    }

    /// The class of each page of a batch of one page.
    public func pageClass(of page: GuestPage) -> PageClass? {
        let before = statistics
        let batch = encode([page])
        let after = statistics
        if after.zeroPageCount > before.zeroPageCount { return .zero }
        if after.unchangedPageCount > before.unchangedPageCount { return .unchanged }
        if after.referencePageCount > before.referencePageCount { return .reference }
        // Both are the difference from the last version.
        if after.deltaPageCount > before.deltaPageCount {
            return batch.classCodes == [7] ? .words : .delta
        }
        if after.blocksPageCount > before.blocksPageCount { return .blocks }
        if after.rawPageCount > before.rawPageCount { return .raw }
        return nil
    }
}

/// A page decoder that tests can capture and that gives arrays.
///
/// It checks every second batch after it was rebuilt, as threads do.
public final class BatchDecoder {
    private var decoder: PageDecoder
    private let memory = RebuiltMemory()
    private var batchCount = 0

    /// Creates a decoder with so many cache slots.
    public init(slotCount: Int) throws(PageCodecError) {
        decoder = try PageDecoder(slotCount: slotCount)
    }

    /// What was rebuilt so far.
    public var statistics: PageStatistics { decoder.statistics }

    /// Rebuilds a batch.
    ///
    /// - Throws: What the page decoder throws.
    public func decode(_ batch: TestBatch) throws(PageCodecError) -> [GuestPage] {
        batchCount += 1
        let takesFingerprints = batchCount % 2 == 0
        let result: Result<RebuiltBatch, PageCodecError> =
            batch.bytes.withUnsafeBytes { bytes in
                do throws(PageCodecError) {
                    let rebuilt = try decoder.rebuild(
                        bytes,
                        takesFingerprints: takesFingerprints,
                        into: memory
                    )
                    try rebuilt.check(batch.checksum)
                    return .success(rebuilt)
                } catch {
                    return .failure(error)
                }
            }
        let rebuilt = try result.get()
        let content = rebuilt.pages.flatMap { [UInt8]($0) }
        precondition(content.count == rebuilt.pageCount * GuestPage.byteCount)
        var rest = content[...]
        return rebuilt.entries.map { bits in
            let bits = UInt64(littleEndian: bits)
            var page = GuestPage.empty(bits & (1 << 52 - 1), type: UInt8(bits >> 60))
            if GuestPage.hasContent(type: page.type) {
                page.content = [UInt8](rest.prefix(GuestPage.byteCount))
                rest = rest.dropFirst(GuestPage.byteCount)
            }
            return page
        }
    }

    /// The error that a batch is refused with, or `nil` if it is accepted.
    public func refusal(of batch: TestBatch) -> PageCodecError? {
        do throws(PageCodecError) {
            _ = try decode(batch)
            return nil
        } catch {
            return error
        }
    }
}
