/// The record types of libxc's stream (`xg_sr_stream_format.h`).
public enum LibxcRecord {
    /// The last record.
    public static let end: UInt32 = 0x0
    /// Pages.
    public static let pageData: UInt32 = 0x1
    /// The guest's time stamp counter.
    public static let tscInfo: UInt32 = 0x8
    /// Virtual processors and devices.
    public static let hvmContext: UInt32 = 0x9
    /// Numbers about an HVM guest.
    public static let hvmParams: UInt32 = 0xa
    /// All pages come once more, to be compared.
    public static let verify: UInt32 = 0xd
    /// A consistent state was reached (Remus).
    public static let checkpoint: UInt32 = 0xe
    /// What does not change while a guest lives was sent.
    public static let staticDataEnd: UInt32 = 0x10
    /// What a virtual processor can do.
    public static let cpuidPolicy: UInt32 = 0x11
}

/// Writes a small libxc stream, byte by byte and from libxc's specification alone.
public struct StockStreamBuilder {
    /// The stream so far.
    public private(set) var bytes: [UInt8]

    private let version: UInt32

    /// The kinds of guests that libxc knows.
    public enum GuestKind: UInt32, Sendable {
        /// Paravirtualised.
        case pv = 1
        /// Hardware-assisted, PVH guests too.
        case hvm = 2
    }

    /// Starts a stream with its image header and domain header.
    public init(_ guest: GuestKind = .hvm, version: UInt32 = 3) {
        self.version = version
        bytes = [UInt8](repeating: 0xff, count: 8)
        bytes.append(bigEndian: 0x5845_4e46 as UInt32)
        bytes.append(bigEndian: version)
        bytes += [UInt8](repeating: 0, count: 8)
        bytes.append(littleEndian: guest.rawValue)
        bytes.append(littleEndian: 12 as UInt16)
        bytes.append(littleEndian: 0 as UInt16)
        bytes.append(littleEndian: 4 as UInt32)
        bytes.append(littleEndian: 17 as UInt32)
    }

    /// Appends a record with the padding that it needs.
    public mutating func append(_ type: UInt32, _ body: [UInt8] = []) {
        bytes.append(littleEndian: type)
        bytes.append(littleEndian: UInt32(body.count))
        bytes += body
        bytes += [UInt8](repeating: 0, count: -body.count & 7)
    }

    /// Appends what libxc sends of a PVH guest before its pages; version 2 has no static data.
    public mutating func appendStaticData() {
        if version >= 3 {
            append(LibxcRecord.cpuidPolicy, Content.noise(1, byteCount: 24 * 3))
            append(LibxcRecord.staticDataEnd)
        }
        append(LibxcRecord.tscInfo, Self.tscInfoBody)
    }

    /// Appends pages as `PAGE_DATA` records of at most `entriesPerBatch` entries.
    public mutating func append(pages: [GuestPage], entriesPerBatch: Int = 1024) {
        for start in stride(from: 0, to: pages.count, by: entriesPerBatch) {
            let batch = pages[start..<min(start + entriesPerBatch, pages.count)]
            append(LibxcRecord.pageData, Self.pageDataBody(batch))
        }
    }

    /// Appends what libxc sends of a PVH guest after its pages, with a record of odd length.
    public mutating func appendProcessorState() {
        append(LibxcRecord.tscInfo, Self.tscInfoBody)
        append(LibxcRecord.hvmContext, Content.noise(4, byteCount: 1237))
        var parameters: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0]
        parameters += Content.noise(5, byteCount: 16 * 3)
        append(LibxcRecord.hvmParams, parameters)
    }

    /// Appends END.
    public mutating func appendEnd() {
        append(LibxcRecord.end)
    }

    /// The body of a TSC_INFO record, whose last word is reserved.
    public static let tscInfoBody = Content.noise(2, byteCount: 20) + [0, 0, 0, 0]

    /// The body of a `PAGE_DATA` record.
    public static func pageDataBody(
        _ pages: some Collection<GuestPage>,
        reserved: UInt32 = 0
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(8 + pages.count * (8 + GuestPage.byteCount))
        body.append(littleEndian: UInt32(pages.count))
        body.append(littleEndian: reserved)
        for page in pages { body.append(littleEndian: page.entryBits) }
        for page in pages { body += page.content }
        return body
    }

    /// A whole PVH-like stream with these rounds of pages.
    public static func stream(
        rounds: [[GuestPage]],
        entriesPerBatch: Int = 1024,
        verifying: [GuestPage]? = nil
    ) -> [UInt8] {
        var builder = StockStreamBuilder()
        builder.appendStaticData()
        for round in rounds { builder.append(pages: round, entriesPerBatch: entriesPerBatch) }
        if let verifying {
            builder.append(LibxcRecord.verify)
            builder.append(pages: verifying, entriesPerBatch: entriesPerBatch)
        }
        builder.appendProcessorState()
        builder.appendEnd()
        return builder.bytes
    }
}
