import TestSupport

@testable import PageCodec

/// A batch whose sections are made by hand.
struct HandMadeBatch {
    var entryCount = 1
    // Pfn 0, type 0.
    var entries: [UInt8] = [0x00, 0x00]
    var classes: [UInt8] = []
    var control: [UInt8] = []
    var literals: [UInt8] = []

    /// The batch with a header that fits.
    func batch(checksum: UInt64 = 0) -> TestBatch {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: entryCount))
        bytes.append(littleEndian: 0 as UInt16)
        for section in [entries, classes, control, literals] {
            bytes.append(littleEndian: UInt32(section.count))
        }
        bytes.append(littleEndian: 0 as UInt32)
        bytes += entries + classes + control + literals
        return TestBatch(bytes: bytes, checksum: checksum)
    }
}

/// Calls `body` with a reader of bytes in memory of exactly their size.
func withSection<Result>(
    _ bytes: [UInt8],
    _ section: BatchSection = .control,
    _ body: (inout SectionReader) throws -> Result
) rethrows -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(bytes.count, 1),
        alignment: 1
    )
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    // SAFETY: an allocation of at least one byte has an address.
    var reader = SectionReader(
        section,
        UnsafeRawPointer(memory.baseAddress.unsafelyUnwrapped),
        byteCount: bytes.count
    )
    return try body(&reader)
}

/// Collects what `body` writes through a cursor.
func writtenBytes(
    capacity: Int,
    _ body: (inout UnsafeMutablePointer<UInt8>) -> Void
) -> [UInt8] {
    let start = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    defer { start.deallocate() }
    var cursor = start
    body(&cursor)
    precondition(cursor - start <= capacity, "more was written than there is room for")
    return [UInt8](UnsafeBufferPointer(start: start, count: cursor - start))
}

/// What becomes of each of several batches.
enum ResiduePlan: CaseIterable {
    /// All are sent as they are.
    case sent
    /// All are compressed.
    case compressed
    /// Two of each in turn, so that each kind follows its own and the other.
    case mixed

    func residue(ofBatch index: Int) -> BatchWriter.Residue {
        switch self {
        case .sent: .sent
        case .compressed: .compressed
        case .mixed: index % 4 < 2 ? .compressed : .sent
        }
    }
}

/// Encodes batches and decodes them again, and returns what came out of each, and its classes.
func roundTrip(
    slotCount: Int,
    _ batches: [[GuestPage]],
    _ plan: ResiduePlan = .sent,
    classes: PageClasses = .all
) throws -> (pages: [[GuestPage]], statistics: PageStatistics, classCodes: [[UInt8]]) {
    let encoder = try BatchEncoder(slotCount: slotCount, classes: classes)
    let decoder = try BatchDecoder(slotCount: slotCount)
    var pages: [[GuestPage]] = []
    var classCodes: [[UInt8]] = []
    for (index, batch) in batches.enumerated() {
        encoder.residue = plan.residue(ofBatch: index)
        let coded = encoder.encode(batch)
        classCodes.append(coded.classCodes)
        pages.append(try decoder.decode(coded))
    }
    precondition(encoder.statistics == decoder.statistics, "the two ends count differently")
    return (pages, encoder.statistics, classCodes)
}
