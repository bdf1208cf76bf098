internal import PageCodec

/// The body of a COMPRESSED PAGES record: the lengths of two zstd pieces, the checksum of the batch
/// that it stands for, its lane, the batch's header, and the pieces.
struct CompressedBatch {
    /// The lengths, four bytes each, the checksum, eight, and the lane, eight.
    static let prefixByteCount = 24

    /// The largest window of a lane's first stream, as a power of two.
    static let controlWindowLogMaximum = 20

    /// The most bytes of a body: those of a batch that cannot be compressed, in zstd's frames.
    static let byteCountMaximum = PageFormat.batchByteCountMaximum + 64 << 10

    /// The checksum of the expanded batch.
    let checksum: UInt64
    /// The pair of zstd streams that the pieces belong to.
    let lane: Int
    /// The header of the expanded batch.
    let header: UnsafeRawBufferPointer
    /// Entries, classes and control, compressed.
    let control: UnsafeRawBufferPointer
    /// Literals, compressed.
    let literals: UnsafeRawBufferPointer

    init(reading body: UnsafeRawBufferPointer) throws(StreamError) {
        let headerEnd = Self.prefixByteCount + PageFormat.batchHeaderByteCount
        guard body.count >= headerEnd else {
            throw .recordLengthOutOfRange(kind: .compressedPages, byteCount: body.count)
        }
        let controlEnd = headerEnd + Self.number(at: 0, of: body)
        let literalsEnd = controlEnd + Self.number(at: 4, of: body)
        guard literalsEnd == body.count else {
            throw .recordLengthOutOfRange(kind: .compressedPages, byteCount: body.count)
        }
        checksum = UInt64(
            littleEndian: body.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
        lane = Int(body[16])
        guard body[17..<Self.prefixByteCount].allSatisfy({ $0 == 0 }) else {
            throw .reservedFieldSet(part: .recordBody)
        }
        header = UnsafeRawBufferPointer(rebasing: body[Self.prefixByteCount..<headerEnd])
        control = UnsafeRawBufferPointer(rebasing: body[headerEnd..<controlEnd])
        literals = UnsafeRawBufferPointer(rebasing: body[controlEnd..<literalsEnd])
    }

    /// What the two pieces expand to, by the batch header; its other fields are checked later.
    var sectionByteCounts: (control: Int, literals: Int) {
        let control = (1...3).reduce(0) { $0 + Self.number(at: 4 * $1, of: header) }
        return (control, Self.number(at: 16, of: header))
    }

    static func writePrefix(
        controlByteCount: Int,
        literalsByteCount: Int,
        checksum: UInt64,
        lane: Int,
        to bytes: UnsafeMutableRawBufferPointer
    ) {
        bytes.storeBytes(of: UInt32(controlByteCount).littleEndian, as: UInt32.self)
        bytes.storeBytes(
            of: UInt32(literalsByteCount).littleEndian,
            toByteOffset: 4,
            as: UInt32.self
        )
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: UInt64(lane).littleEndian, toByteOffset: 16, as: UInt64.self)
    }

    private static func number(at offset: Int, of bytes: UnsafeRawBufferPointer) -> Int {
        Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
