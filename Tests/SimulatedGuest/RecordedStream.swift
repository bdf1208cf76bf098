/// A libxc stream as its records, which libxenguest wrote during a real migration.
public struct RecordedStream: Sendable {
    /// A record as it lies in the file.
    public struct Record: Sendable {
        /// What the record is: a `RecordType`, or another number.
        public var type: UInt32
        /// Header, body and padding, as an offset range in the stream.
        public var bytes: Range<Int>
        /// The round that a page batch belongs to, from 0; -1 before the first batch.
        public var round: Int
        /// Whether it lies behind a VERIFY record, and so repeats what was sent.
        public var isVerifying: Bool
    }

    /// The size of the image header, which comes first.
    public static let imageHeaderByteCount = 24
    /// The size of both headers.
    public static let headersByteCount = 40

    private let file: StreamFile

    /// All records in their order.
    public let records: [Record]

    /// The rounds before any VERIFY record; the last one was sent while the guest was suspended.
    public let roundCount: Int

    /// Takes a file apart.
    ///
    /// - Throws: `RecordedStreamError` if a length in it leads out of it.
    public init(_ file: StreamFile) throws(RecordedStreamError) {
        self.file = file
        (records, roundCount) = try Self.parse(file.bytes)
        file.forget()
    }

    /// All bytes of the stream.
    public var content: UnsafeRawBufferPointer { file.bytes }

    /// Image header and domain header.
    public var headers: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: content.prefix(Self.headersByteCount))
    }

    /// Gives back the memory of what was looked at.
    public func forget() { file.forget() }

    /// How many pages a batch names, if the record is one.
    public func entryCount(of record: Record) -> Int {
        Int(content.number(at: record.bytes.lowerBound + 8, as: UInt32.self))
    }

    private static func parse(
        _ content: UnsafeRawBufferPointer
    ) throws(RecordedStreamError) -> ([Record], roundCount: Int) {
        guard content.count > headersByteCount else {
            throw .endsEarly(offset: content.count)
        }
        var records: [Record] = []
        var roundCount = 0
        var lastPFN: UInt64?
        var isVerifying = false
        var offset = headersByteCount
        while offset < content.count {
            guard offset + 8 <= content.count else { throw .endsEarly(offset: offset) }
            let type = content.number(at: offset, as: UInt32.self)
            let bodyByteCount = Int(content.number(at: offset + 4, as: UInt32.self))
            let end = offset + 8 + (bodyByteCount + 7) & ~7
            guard end <= content.count else { throw .endsEarly(offset: offset) }
            if type == RecordType.verify { isVerifying = true }
            if type == RecordType.pageData {
                let entries = try entries(ofBatchAt: offset, bodyByteCount, content)
                let first = content.number(at: entries.lowerBound, as: UInt64.self)
                let last = content.number(at: entries.upperBound - 8, as: UInt64.self)
                if !isVerifying {
                    if lastPFN.map({ first & PageEntry.pfnMask <= $0 }) ?? true { roundCount += 1 }
                    lastPFN = last & PageEntry.pfnMask
                }
            }
            records.append(
                Record(
                    type: type,
                    bytes: offset..<end,
                    round: roundCount - 1,
                    isVerifying: isVerifying
                )
            )
            offset = end
        }
        return (records, roundCount)
    }

    private static func entries(
        ofBatchAt offset: Int,
        _ bodyByteCount: Int,
        _ content: UnsafeRawBufferPointer
    ) throws(RecordedStreamError) -> Range<Int> {
        guard bodyByteCount >= 16 else { throw .badBatch(offset: offset) }
        let count = Int(content.number(at: offset + 8, as: UInt32.self))
        guard count > 0, 8 + 8 * count <= bodyByteCount else { throw .badBatch(offset: offset) }
        return offset + 16..<offset + 16 + 8 * count
    }
}

/// The record types that the simulation knows (`xg_sr_stream_format.h`).
public enum RecordType {
    /// The last record of a stream.
    public static let end: UInt32 = 0
    /// A batch of pages.
    public static let pageData: UInt32 = 1
    /// From here on, pages are to be compared with what is there.
    public static let verify: UInt32 = 0xd
    /// The end of a checkpoint (Remus).
    public static let checkpoint: UInt32 = 0xe
    /// The end of what does not change while the guest lives.
    public static let staticDataEnd: UInt32 = 0x10
}

/// One of the numbers that name the pages of a batch: type and pfn.
enum PageEntry {
    static let pfnMask: UInt64 = 1 << 52 - 1
    static let typeShift: UInt64 = 60
    /// Types of entries without a page: broken, only populated, not there.
    static let brokenType: UInt64 = 0xd
    static let populatedType: UInt64 = 0xe
    static let absentType: UInt64 = 0xf

    static func hasPage(_ type: UInt64) -> Bool { type < brokenType }
}

/// What can be wrong with a recorded stream.
public enum RecordedStreamError: Error, Equatable, CustomStringConvertible {
    /// There is no such file, or nothing in it.
    case cannotMap(path: String, errorNumber: Int32)
    /// A header, or the record at this offset, is not all there.
    case endsEarly(offset: Int)
    /// The page batch at this offset names no pages, or lacks some of those that it names.
    case badBatch(offset: Int)
    /// The page batch at this offset names a pfn that no simulated guest has.
    case pfnTooLarge(UInt64, offset: Int)
    /// The record at this offset does not belong into a plain migration.
    case unexpectedRecord(type: UInt32, offset: Int)
    /// There are no pages.
    case noPages
    /// The notes in this file do not say when each of the rounds began.
    case badRoundTimes(path: String, roundCount: Int)
    /// A guest cannot be made of so many copies of the trace.
    case badTileCount(Int, maximum: Int)

    /// One line for whoever runs the experiment.
    public var description: String {
        switch self {
        case .cannotMap(let path, let errorNumber):
            "cannot map the stream \(path) (error \(errorNumber)): name a decompressed libxc stream"
        case .endsEarly(let offset): "the recorded stream ends inside of what is at byte \(offset)"
        case .badBatch(let offset): "the page batch at byte \(offset) has a wrong length"
        case .pfnTooLarge(let pfn, let offset):
            "the page batch at byte \(offset) names pfn \(pfn), beyond the largest, \(PFN.maximum)"
        case .unexpectedRecord(let type, let offset):
            "a record of type \(type) at byte \(offset) does not belong into a plain migration"
        case .noPages: "the recorded stream has no pages"
        case .badRoundTimes(let path, let roundCount):
            "\(path) does not say when each of \(roundCount) rounds began: ROUND,SECONDS on a line"
        case .badTileCount(let count, let maximum):
            "the guest cannot be made of \(count) copies of the trace: 1 to \(maximum) are possible"
        }
    }
}

/// The numbers of a guest's pages.
enum PFN {
    /// That of a guest of 64 GiB: larger ones are not simulated.
    static let maximum: UInt64 = 1 << 24 - 1
}

extension UnsafeRawBufferPointer {
    /// A number in the byte order of this machine, as in a stream of libxc.
    public func number<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as: Number.Type
    ) -> Number {
        loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}

/// The size of a page of the guest.
let pageByteCount = 4096
