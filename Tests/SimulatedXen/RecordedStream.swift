internal import Glibc

/// A libxc stream as its records: what a domain is in this simulation.
///
/// The file is mapped, as libxenguest maps the pages of a guest, a batch at a time.
struct RecordedStream {
    struct Record {
        var type: UInt32
        /// Header, body and padding, as an offset range in the stream.
        var bytes: Range<Int>
        /// The round that a page batch belongs to.
        var round: Int
    }

    static let endType: UInt32 = 0
    static let pageDataType: UInt32 = 1
    static let verifyType: UInt32 = 0xd
    static let checkpointType: UInt32 = 0xe
    static let staticDataEndType: UInt32 = 0x10
    static let headersByteCount = 40
    private static let pageByteCount = 4096

    private let content: UnsafeRawBufferPointer
    private(set) var records: [Record] = []

    /// The rounds before any VERIFY record; the last one is sent while the guest is suspended.
    private(set) var roundCount = 0

    init?(path: String) {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let byteCount = Int(status.st_size)
        let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard start != MAP_FAILED else { return nil }
        content = UnsafeRawBufferPointer(start: start, count: byteCount)
        parse()
        unmap(0..<content.count)
    }

    /// Gives back the memory of what was sent, as libxenguest unmaps the pages of a batch.
    func unmap(_ bytes: Range<Int>) {
        let pageMask = ~(Self.pageByteCount - 1)
        let start = bytes.lowerBound & pageMask
        madvise(
            UnsafeMutableRawPointer(mutating: content.baseAddress).map { $0 + start },
            bytes.upperBound - start,
            MADV_DONTNEED
        )
    }

    var headers: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: content.prefix(Self.headersByteCount))
    }

    /// The pieces in which libxenguest writes a record: a page batch has one for each page.
    func pieces(of record: Record) -> [iovec] {
        guard record.type == Self.pageDataType else { return [piece(record.bytes)] }
        let entriesEnd =
            record.bytes.lowerBound + 16 + 8 * entryCount(ofBatchAt: record.bytes.lowerBound)
        var result = [piece(record.bytes.lowerBound..<entriesEnd)]
        result += stride(from: entriesEnd, to: record.bytes.upperBound, by: Self.pageByteCount)
            .map { piece($0..<min($0 + Self.pageByteCount, record.bytes.upperBound)) }
        return result
    }

    private func piece(_ range: Range<Int>) -> iovec {
        let bytes = UnsafeRawBufferPointer(rebasing: content[range])
        return iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
            iov_len: bytes.count
        )
    }

    private func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
        content.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }

    private func entryCount(ofBatchAt offset: Int) -> Int {
        Int(number(at: offset + 8, as: UInt32.self))
    }

    private mutating func parse() {
        var offset = Self.headersByteCount
        var lastPFN: UInt64?
        var isVerifying = false
        while offset + 8 <= content.count {
            let type = number(at: offset, as: UInt32.self)
            let bodyByteCount = Int(number(at: offset + 4, as: UInt32.self))
            let end = offset + 8 + (bodyByteCount + 7) & ~7
            if type == Self.verifyType { isVerifying = true }
            if type == Self.pageDataType, !isVerifying {
                let count = entryCount(ofBatchAt: offset)
                let mask: UInt64 = (1 << 52) - 1
                let first = number(at: offset + 16, as: UInt64.self) & mask
                if lastPFN.map({ first <= $0 }) ?? true { roundCount += 1 }
                lastPFN = number(at: offset + 8 + 8 * count, as: UInt64.self) & mask
            }
            records.append(Record(type: type, bytes: offset..<end, round: roundCount - 1))
            offset = end
        }
    }
}
