/// One entry of a `PAGE_DATA` record, with its content.
public struct GuestPage: Equatable, Sendable {
    /// The size of a page and of its quarters.
    public static let byteCount = 4096

    /// The page frame number.
    public var pfn: UInt64
    /// libxc's page type in four bits; 13 to 15 have no content.
    public var type: UInt8
    /// 4,096 bytes, or nothing for a type without content.
    public var content: [UInt8]

    /// A page with content.
    public init(_ pfn: UInt64, type: UInt8 = 0, _ content: [UInt8]) {
        self.pfn = pfn
        self.type = type
        self.content = content
    }

    /// An entry without content: broken (13), allocate only (14) or absent (15).
    public static func empty(_ pfn: UInt64, type: UInt8) -> GuestPage {
        GuestPage(pfn, type: type, [])
    }

    /// The entry as libxc writes it.
    public var entryBits: UInt64 { UInt64(type) << 60 | pfn }

    /// Whether a page of this type has content.
    public static func hasContent(type: UInt8) -> Bool { type < 13 }
}

/// Content for pages.
public enum Content {
    /// 4,096 zero bytes.
    public static let zero = [UInt8](repeating: 0, count: GuestPage.byteCount)

    /// Four blocks, each filled with one byte.
    public static func blocks(
        _ first: UInt8,
        _ second: UInt8,
        _ third: UInt8,
        _ fourth: UInt8
    ) -> [UInt8] {
        [first, second, third, fourth].flatMap { [UInt8](repeating: $0, count: 1024) }
    }

    /// Bytes that no class but raw can do anything with; the same ones for the same number.
    public static func noise(_ number: UInt64) -> [UInt8] {
        noise(number, byteCount: GuestPage.byteCount)
    }

    /// So many bytes of noise.
    public static func noise(_ number: UInt64, byteCount: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: number &* 0xd134_2543_de82_ef95 &+ 1)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount + 8)
        while bytes.count < byteCount { bytes.append(littleEndian: generator.next()) }
        return [UInt8](bytes.prefix(byteCount))
    }

    /// A page with some bytes replaced.
    public static func changed(_ page: [UInt8], _ changes: [Int: UInt8]) -> [UInt8] {
        var result = page
        for (offset, byte) in changes { result[offset] = byte }
        return result
    }
}
