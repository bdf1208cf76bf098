/// libxc's own stream, version 2 and 3, as far as the codec needs to know it.
///
/// Source: `docs/specs/libxc-migration-stream.pandoc` and `xg_sr_stream_format.h` of Xen 4.17.
enum StockStream {
    /// All image headers start with this, ours too.
    static let marker = UInt64.max

    /// `XENF`, big endian.
    static let identifier: UInt32 = 0x5845_4e46

    static let supportedVersions: ClosedRange<UInt32> = 2...3

    static let imageHeaderByteCount = 24
    static let domainHeaderByteCount = 16

    /// The image header and the domain header together.
    static let headersByteCount = imageHeaderByteCount + domainHeaderByteCount

    static let recordHeaderByteCount = 8

    /// The fixed part of a `PAGE_DATA` body: the number of entries and a reserved word.
    static let pageDataHeaderByteCount = 8

    /// libxc's `REC_LENGTH_MAX`.
    static let recordBodyByteCountMaximum = 128 << 20

    /// Record bodies are padded to a multiple of eight bytes.
    static func paddedByteCount(_ byteCount: Int) -> Int {
        (byteCount + 7) & ~7
    }
}

/// The record types of libxc that end or interrupt a stream, or concern pages.
enum StockRecordType {
    static let end: UInt32 = 0
    static let pageData: UInt32 = 1
    static let verify: UInt32 = 0xd
    static let checkpoint: UInt32 = 0xe
}

/// The header of a libxc record.
struct StockRecordHeader {
    var type: UInt32
    var bodyByteCount: Int

    /// Reads the eight bytes of a header.
    ///
    /// - Throws: `StreamError.stockRecordTooLong` for what libxc would not accept either.
    init(reading bytes: UnsafeRawBufferPointer) throws(StreamError) {
        type = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        bodyByteCount = Int(
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        )
        guard bodyByteCount <= StockStream.recordBodyByteCountMaximum else {
            throw .stockRecordTooLong(type: type, byteCount: bodyByteCount)
        }
    }

    /// Writes the eight bytes.
    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: type.littleEndian, as: UInt32.self)
        bytes.storeBytes(
            of: UInt32(bodyByteCount).littleEndian,
            toByteOffset: 4,
            as: UInt32.self
        )
    }

    /// The number of bytes that follow the header.
    var paddedBodyByteCount: Int { StockStream.paddedByteCount(bodyByteCount) }

    /// The length of the whole record.
    var recordByteCount: Int { StockStream.recordHeaderByteCount + paddedBodyByteCount }
}

/// The first 24 bytes of a stream of either format.
///
/// `marker`, big-endian identifier, version and options, and six reserved bytes.
public struct ImageHeader: Equatable, Sendable {
    /// What the stream says that it is.
    public let format: StreamFormat

    /// Reads and checks the 24 bytes.
    ///
    /// - Throws: `StreamError` if the stream is neither, or of an unknown version.
    init(reading bytes: UnsafeRawBufferPointer) throws(StreamError) {
        func number(at offset: Int) -> UInt32 {
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let marker = bytes.loadUnaligned(as: UInt64.self)
        let identifier = number(at: 8)
        guard marker == StockStream.marker else {
            throw .notAStream(marker: UInt64(bigEndian: marker), identifier: identifier)
        }
        switch identifier {
        case StockStream.identifier: format = .stock
        case ExtendedStream.identifier: format = .extended
        default: throw .notAStream(marker: marker, identifier: identifier)
        }
        let version = number(at: 12)
        let isKnown =
            format == .stock
            ? StockStream.supportedVersions ~= version : version == ExtendedStream.version
        guard isKnown else { throw .unknownVersion(format: format, version: version) }
        let options = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
        // Bit 0 means big endian, which libxc does not read either.
        guard options == 0 else { throw .unknownOptions(format: format, options: options) }
        // libxc ignores its reserved bytes; ours are zero in this version.
        guard format == .stock || bytes[18..<24].allSatisfy({ $0 == 0 }) else {
            throw .reservedFieldSet(part: .imageHeader)
        }
    }
}
