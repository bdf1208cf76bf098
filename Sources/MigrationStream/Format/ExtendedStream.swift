internal import CXXHash

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

    /// The compression windows that a receiver takes, as powers of two.
    static let windowLogs = 10...25

    /// How many batches can be compressed side by side.
    static let laneCounts = 1...8

    /// The most memory for the windows of all lanes.
    static let windowByteCountMaximum = 32 << 20

    /// The window, as a power of two, that so many lanes can have; 8 MiB at most, which is as far
    /// back as is worth looking beside the page cache, and with four lanes what keeps the memory of
    /// either end below the cache and 96 MiB.
    static func windowLog(laneCount: Int) -> Int {
        laneCount <= 2 ? 23 : 20
    }

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
        UInt64(XXH3_64bits_dispatch(body.baseAddress, body.count))
    }

    /// The checksum of a body that lies in pieces.
    static func checksum(_ pieces: [UnsafeRawBufferPointer]) -> UInt64 {
        let state = XXH3_createState()
        defer { XXH3_freeState(state) }
        XXH3_64bits_reset(state)
        for piece in pieces { XXH3_64bits_update_dispatch(state, piece.baseAddress, piece.count) }
        return UInt64(XXH3_64bits_digest(state))
    }
}
