/// A coded batch, in the memory of the `BatchWriter` that wrote it and where its pages are.
public struct CodedBatch {
    /// The batch header, entries, classes and control bytes, in the order of the wire.
    public var sections:
        (
            header: UnsafeRawBufferPointer,
            entries: UnsafeRawBufferPointer,
            classes: UnsafeRawBufferPointer,
            control: UnsafeRawBufferPointer
        )

    /// The literals, which come last: in pieces, since pages that are sent whole stay where they are, or
    /// in one piece if they are to be compressed.
    public var literals: [UnsafeRawBufferPointer]

    /// The checksum over the control information and the rebuilt content.
    public var checksum: UInt64

    /// What its pages were coded as.
    public var statistics: PageStatistics

    /// The whole batch, in the order of the wire.
    public var pieces: [UnsafeRawBufferPointer] {
        [sections.header, sections.entries, sections.classes, sections.control] + literals
    }

    /// The length of all sections together.
    public var byteCount: Int {
        sections.header.count + sections.entries.count + sections.classes.count
            + sections.control.count + literals.reduce(0) { $0 + $1.count }
    }
}

/// The fixed part of a batch, 24 bytes, little endian (`docs/protocol.md`, "PAGES").
struct BatchHeader: Equatable {
    var entryCount: Int
    var entriesByteCount: Int
    var classesByteCount: Int
    var controlByteCount: Int
    var literalsByteCount: Int

    func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: UInt16(entryCount).littleEndian, as: UInt16.self)
        bytes.storeBytes(of: 0, toByteOffset: 2, as: UInt16.self)
        let counts = (
            UInt32(entriesByteCount).littleEndian, UInt32(classesByteCount).littleEndian,
            UInt32(controlByteCount).littleEndian, UInt32(literalsByteCount).littleEndian,
            UInt32(0)
        )
        withUnsafeBytes(of: counts) {
            UnsafeMutableRawBufferPointer(start: bytes + 4, count: $0.count).copyMemory(from: $0)
        }
    }
}

extension BatchHeader {
    /// Reads the header and checks that the sections that it announces fill the batch.
    init(reading batch: UnsafeRawBufferPointer) throws(PageCodecError) {
        guard batch.count >= PageFormat.batchHeaderByteCount else {
            throw .batchTooShort(byteCount: batch.count)
        }
        func number(at offset: Int) -> Int {
            Int(UInt32(littleEndian: batch.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        entryCount = number(at: 0) & 0xffff
        entriesByteCount = number(at: 4)
        classesByteCount = number(at: 8)
        controlByteCount = number(at: 12)
        literalsByteCount = number(at: 16)
        guard 1...PageFormat.entriesPerBatchMaximum ~= entryCount else {
            throw .entryCountOutOfRange(entryCount)
        }
        let flags = number(at: 0) >> 16
        guard flags == 0 else { throw .reservedFieldSet(field: "flags", value: UInt64(flags)) }
        let reserved = number(at: 20)
        guard reserved == 0 else {
            throw .reservedFieldSet(field: "reserved", value: UInt64(reserved))
        }
        let announced =
            PageFormat.batchHeaderByteCount + entriesByteCount + classesByteCount
            + controlByteCount + literalsByteCount
        guard announced == batch.count else {
            throw .sectionsDoNotFit(announcedByteCount: announced, actualByteCount: batch.count)
        }
    }
}
