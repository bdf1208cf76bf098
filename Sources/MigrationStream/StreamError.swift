public import PageCodec

/// Everything that can be wrong with a stream.
public enum StreamError: Error, Equatable {
    /// The stream stops in the middle.
    case endsEarly(part: StreamPart, neededByteCount: Int, foundByteCount: Int)
    /// The stream starts like neither a libxc stream nor an extended one.
    case notAStream(marker: UInt64, identifier: UInt32)
    /// A stock stream where an extended one is needed, or the other way round.
    case wrongFormat(found: StreamFormat)
    /// The version of the libxc stream or of the extended stream is unknown.
    case unknownVersion(format: StreamFormat, version: UInt32)
    /// The options of an image header ask for something that is not supported.
    case unknownOptions(format: StreamFormat, options: UInt16)
    /// A reserved field holds something that this version does not know.
    case reservedFieldSet(part: StreamPart)
    /// A record of a libxc stream is longer than libxc allows.
    case stockRecordTooLong(type: UInt32, byteCount: Int)
    /// The checksum of a record header is wrong.
    case recordHeaderDamaged(sequence: UInt32)
    /// A record is missing or out of order.
    case recordOutOfSequence(expected: UInt32, found: UInt32)
    /// The kind of a record is unknown.
    case unknownRecordKind(UInt16)
    /// A record is not allowed at this place.
    case recordOutOfPlace(kind: RecordKind)
    /// A record's flags are unknown.
    case unknownRecordFlags(kind: RecordKind, flags: UInt16)
    /// A record is longer or shorter than its kind allows.
    case recordLengthOutOfRange(kind: RecordKind, byteCount: Int)
    /// The checksum of a record's body is wrong.
    case recordDamaged(kind: RecordKind, sequence: UInt32)
    /// The stream was made for other page or block sizes.
    case unsupportedSizes(pageByteCount: UInt32, blockByteCount: UInt32)
    /// The sender uses features that this version does not have.
    case unknownFeatures(UInt64)
    /// The length that a carried libxc record announces is not what was sent of it.
    case carriedRecordMismatch(announcedByteCount: Int, foundByteCount: Int)
    /// zstd could not compress or expand; the text is zstd's.
    case compressionFailed(String)
    /// The sender announced a compression window of a size that is not supported.
    case windowOutOfRange(windowLog: Int, laneCount: Int)
    /// A compressed batch belongs to a lane that was not announced.
    case unknownLane(Int, laneCount: Int)
    /// The system did not start a thread.
    case threadNotStarted
    /// A compressed batch expands to another length than it announces.
    case expandedLengthMismatch(announcedByteCount: Int, foundByteCount: Int)
    /// Bytes follow the END record.
    case bytesAfterEnd
    /// A page batch is wrong.
    case page(PageCodecError)
}

/// The places of a stream that a reader can be at.
public enum StreamPart: String, Sendable {
    /// The first 24 bytes.
    case imageHeader = "image header"
    /// libxc's domain header.
    case domainHeader = "domain header"
    /// The header of a record.
    case recordHeader = "record header"
    /// The body of a record.
    case recordBody = "record body"
    /// The parameters of an extended stream.
    case parameters
}

/// The two formats that a stream can have.
public enum StreamFormat: String, Sendable {
    /// libxc's own.
    case stock = "stock libxc"
    /// Ours, `docs/protocol.md`.
    case extended = "extended CloudNet"
}

extension StreamError: CustomStringConvertible {
    /// What happened, in one line for an operator.
    public var description: String {
        switch self {
        case .endsEarly(let part, let needed, let found):
            return "the stream ends early: \(found) of \(needed) bytes of the \(part.rawValue) came"
        case .notAStream(let marker, let identifier):
            return "this is not a migration stream: it starts with \(hexadecimal(marker)), "
                + "\(hexadecimal(UInt64(identifier)))"
        case .wrongFormat(let found):
            return "this is a stream of the \(found.rawValue) format already"
        case .unknownVersion(let format, let version):
            return "version \(version) of the \(format.rawValue) stream is not supported"
        case .unknownOptions(let format, let options):
            return "the \(format.rawValue) stream uses unsupported options "
                + hexadecimal(UInt64(options))
        case .reservedFieldSet(let part):
            return "a reserved field of the \(part.rawValue) is not zero"
        case .stockRecordTooLong(let type, let byteCount):
            return "the libxc record of type \(hexadecimal(UInt64(type))) is too long: "
                + "\(byteCount) bytes"
        case .recordHeaderDamaged(let sequence):
            return "the header of record \(sequence) is damaged"
        case .recordOutOfSequence(let expected, let found):
            return "record \(expected) was expected, but record \(found) came"
        case .unknownRecordKind(let kind):
            return "a record has the unknown kind \(kind)"
        case .recordOutOfPlace(let kind):
            return "a record of kind '\(kind)' came at the wrong place"
        case .unknownRecordFlags(let kind, let flags):
            return "a record of kind '\(kind)' has the unknown flags \(hexadecimal(UInt64(flags)))"
        case .recordLengthOutOfRange(let kind, let byteCount):
            return "a record of kind '\(kind)' cannot have \(byteCount) bytes"
        case .recordDamaged(let kind, let sequence):
            return "record \(sequence), of kind '\(kind)', is damaged: its checksum is wrong"
        case .unsupportedSizes(let page, let block):
            return "the stream uses pages of \(page) and blocks of \(block) bytes, which is not "
                + "supported"
        case .unknownFeatures(let features):
            return "the sender uses features that this version does not have: "
                + hexadecimal(features)
        case .carriedRecordMismatch(let announced, let found):
            return "a libxc record announces \(announced) bytes, but \(found) came"
        case .compressionFailed(let text):
            return "the compression of a page batch failed: \(text)"
        case .windowOutOfRange(let windowLog, let laneCount):
            return "the sender compressed with \(laneCount) windows of 2^\(windowLog) bytes, which "
                + "is not supported"
        case .unknownLane(let lane, let laneCount):
            return "a compressed page batch has lane \(lane), but there are \(laneCount)"
        case .threadNotStarted:
            return "the system starts no more threads; set CLOUDNET_THREADS=1"
        case .expandedLengthMismatch(let announced, let found):
            return "a compressed page batch expands to \(found) bytes, not to \(announced)"
        case .bytesAfterEnd:
            return "there are bytes after the end of the stream"
        case .page(let error):
            return error.description
        }
    }

    private func hexadecimal(_ number: UInt64) -> String {
        "0x" + String(number, radix: 16)
    }
}
