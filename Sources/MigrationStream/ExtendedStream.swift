internal import CXXHash
internal import PageCodec

/// Our stream, version 1 (`docs/protocol.md`).
enum ExtendedStream {
    /// `CLNT`, big endian: a stock receiver refuses it at once.
    static let identifier: UInt32 = 0x434c_4e54
    static let version: UInt32 = 1

    static let recordHeaderByteCount = 24
    static let parametersByteCount = 64

    /// The most bytes of a carried libxc record in one of our records; longer ones are split.
    static let fragmentByteCountMaximum = 1 << 20

    /// Features that a receiver must know to read the stream.
    static let knownFeatures = compressionFeature

    /// The stream has COMPRESSED PAGES records.
    static let compressionFeature: UInt64 = 1

    /// The compression windows that a receiver takes, as powers of two: 8 MiB for each of two
    /// streams at most.
    static let windowLogs = 10...23

    /// The image header: the marker, the identifier, the version; options and the rest are zero.
    static let imageHeader: [UInt8] = {
        var bytes = [UInt8](repeating: 0, count: StockStream.imageHeaderByteCount)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: StockStream.marker, as: UInt64.self)
            $0.storeBytes(of: identifier.bigEndian, toByteOffset: 8, as: UInt32.self)
            $0.storeBytes(of: version.bigEndian, toByteOffset: 12, as: UInt32.self)
        }
        return bytes
    }()

    /// The checksum of the body of any record but a batch.
    static func checksum(_ body: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(XXH3_64bits(body.baseAddress, body.count))
    }

    /// The checksum of a body that lies in pieces.
    static func checksum(_ pieces: [UnsafeRawBufferPointer]) -> UInt64 {
        let state = XXH3_createState()
        defer { XXH3_freeState(state) }
        XXH3_64bits_reset(state)
        for piece in pieces { XXH3_64bits_update(state, piece.baseAddress, piece.count) }
        return UInt64(XXH3_64bits_digest(state))
    }
}

/// The kinds of our records.
public enum RecordKind: UInt16, Sendable {
    /// Sizes, cache slots and features; the first record.
    case parameters = 1
    /// libxc's image and domain header; the second record.
    case headers = 2
    /// A libxc record, or a part of one, as it is.
    case stockRecord = 3
    /// A coded `PAGE_DATA` record.
    case pages = 4
    /// A coded `PAGE_DATA` record, compressed.
    case compressedPages = 5
}

/// The header of one of our records, 24 bytes, little endian.
struct RecordHeader {
    /// More of the same libxc record follows in the next record.
    static let continuesFlag: UInt16 = 1

    var kind: RecordKind
    var flags: UInt16 = 0
    var bodyByteCount: Int
    var sequence: UInt32
    var checksum: UInt64

    /// Writes the 24 bytes, with the checksum over the first twelve.
    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: kind.rawValue.littleEndian, as: UInt16.self)
        bytes.storeBytes(of: flags.littleEndian, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(
            of: UInt32(bodyByteCount).littleEndian,
            toByteOffset: 4,
            as: UInt32.self
        )
        bytes.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: UInt32.self)
        let headerChecksum = Self.headerChecksum(UnsafeRawBufferPointer(bytes))
        bytes.storeBytes(of: headerChecksum.littleEndian, toByteOffset: 12, as: UInt32.self)
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 16, as: UInt64.self)
    }

    /// Reads the 24 bytes and checks all that can be checked without the body.
    init(
        reading bytes: UnsafeRawBufferPointer,
        expectedSequence: UInt32
    ) throws(StreamError) {
        let headerChecksum = UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        )
        // Before the length is believed: a wrong one could wait for bytes that never come.
        guard headerChecksum == Self.headerChecksum(bytes) else {
            throw .recordHeaderDamaged(sequence: expectedSequence)
        }
        let code = UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))
        guard let kind = RecordKind(rawValue: code) else { throw .unknownRecordKind(code) }
        self.kind = kind
        flags = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        bodyByteCount = Int(
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        )
        sequence = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        checksum = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        guard sequence == expectedSequence else {
            throw .recordOutOfSequence(expected: expectedSequence, found: sequence)
        }
        guard flags == 0 || (kind == .stockRecord && flags == Self.continuesFlag) else {
            throw .unknownRecordFlags(kind: kind, flags: flags)
        }
        guard kind.bodyByteCounts ~= bodyByteCount else {
            throw .recordLengthOutOfRange(kind: kind, byteCount: bodyByteCount)
        }
    }

    init(
        kind: RecordKind,
        flags: UInt16 = 0,
        bodyByteCount: Int,
        sequence: UInt32,
        checksum: UInt64
    ) {
        self.kind = kind
        self.flags = flags
        self.bodyByteCount = bodyByteCount
        self.sequence = sequence
        self.checksum = checksum
    }

    private static func headerChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: UInt64(XXH3_64bits(bytes.baseAddress, 12)))
    }
}

extension RecordKind {
    /// The lengths that a body of this kind can have.
    var bodyByteCounts: ClosedRange<Int> {
        switch self {
        case .parameters:
            ExtendedStream.parametersByteCount...ExtendedStream.parametersByteCount
        case .headers:
            StockStream.headersByteCount...StockStream.headersByteCount
        case .stockRecord:
            1...ExtendedStream.fragmentByteCountMaximum
        case .pages:
            PageFormat.batchHeaderByteCount...PageFormat.batchByteCountMaximum
        case .compressedPages:
            CompressedBatch.prefixByteCount
                + PageFormat.batchHeaderByteCount...CompressedBatch.byteCountMaximum
        }
    }
}

extension StockStream {
    /// The image header and the domain header together.
    static let headersByteCount = imageHeaderByteCount + domainHeaderByteCount
}

/// The parameters of an extended stream: the body of its first record, 64 bytes.
struct StreamParameters: Equatable {
    var slotCount: Int

    /// The compression window as a power of two, if batches are compressed.
    var windowLog: Int?

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        let numbers = [
            UInt32(PageFormat.pageByteCount), UInt32(PageFormat.blockByteCount),
            UInt32(slotCount), UInt32(PageFormat.entriesPerBatchMaximum),
        ]
        for (index, number) in numbers.enumerated() {
            bytes.storeBytes(of: number.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
        guard let windowLog else { return }
        bytes.storeBytes(
            of: ExtendedStream.compressionFeature.littleEndian,
            toByteOffset: 16,
            as: UInt64.self
        )
        bytes.storeBytes(of: UInt8(windowLog), toByteOffset: 32, as: UInt8.self)
    }

    init(slotCount: Int, windowLog: Int? = nil) {
        self.slotCount = slotCount
        self.windowLog = windowLog
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(StreamError) {
        func number(at offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let pageByteCount = number(at: 0)
        let blockByteCount = number(at: 4)
        guard
            pageByteCount == PageFormat.pageByteCount, blockByteCount == PageFormat.blockByteCount,
            number(at: 12) == PageFormat.entriesPerBatchMaximum
        else {
            throw .unsupportedSizes(
                pageByteCount: pageByteCount,
                blockByteCount: blockByteCount
            )
        }
        slotCount = Int(number(at: 8))
        let features = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        )
        guard features & ~ExtendedStream.knownFeatures == 0 else {
            throw .unknownFeatures(features & ~ExtendedStream.knownFeatures)
        }
        // Bytes 24 to 31 are optional features, which a reader need not know.
        if features & ExtendedStream.compressionFeature != 0 {
            let windowLog = Int(bytes[32])
            guard ExtendedStream.windowLogs ~= windowLog else {
                throw .windowOutOfRange(windowLog: windowLog)
            }
            self.windowLog = windowLog
        }
        guard bytes[(windowLog == nil ? 32 : 33)...].allSatisfy({ $0 == 0 }) else {
            throw .reservedFieldSet(part: .parameters)
        }
    }
}
