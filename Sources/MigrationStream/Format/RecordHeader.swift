internal import CXXHash

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
        UInt32(truncatingIfNeeded: UInt64(XXH3_64bits_dispatch(bytes.baseAddress, 12)))
    }
}
