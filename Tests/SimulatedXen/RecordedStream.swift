internal import Glibc

/// A libxc stream as its records: what a domain is in this simulation.
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

    let content: [UInt8]
    private(set) var records: [Record] = []

    /// The rounds before any VERIFY record; the last one is sent while the guest is suspended.
    private(set) var roundCount = 0

    init?(path: String) {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var status = stat()
        guard fstat(fileno(file), &status) == 0 else { return nil }
        let byteCount = Int(status.st_size)
        content = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = fread(buffer.baseAddress, 1, byteCount, file)
        }
        parse()
    }

    func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
        content.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
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
                let count = Int(number(at: offset + 8, as: UInt32.self))
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
