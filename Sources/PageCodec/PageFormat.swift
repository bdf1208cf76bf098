/// The sizes that the coded format rests on (`docs/protocol.md`, "Constants").
///
/// Changing one of them changes the format.
public enum PageFormat {
    /// The size of a guest page.
    public static let pageByteCount = 4096

    /// The size of a block, the smaller unit of redundancy (paper IV-B1: four per page).
    public static let blockByteCount = 1024

    /// How many blocks make a page.
    public static let blocksPerPage = 4

    /// The most entries that one coded batch holds; libxc's `MAX_BATCH_SIZE`.
    public static let entriesPerBatchMaximum = 1024

    /// The most bytes that the entries and pages of a batch take as libxc writes them.
    public static let stockBatchByteCountMaximum = entriesPerBatchMaximum * (8 + pageByteCount)

    /// How many page versions are remembered for each cache slot.
    ///
    /// More than one, because pages that were sent as references take a version but no slot.
    public static let versionsPerSlot = 2

    /// The largest number of cache slots: block positions must fit into 32 bits.
    public static let slotCountMaximum = 1 << 30

    /// The size of the fixed part in front of the sections of a batch.
    public static let batchHeaderByteCount = 24

    /// The most bytes that the sections of a batch and their header take together.
    ///
    /// Every page costs at most its content and the few bytes that name it.
    public static let batchByteCountMaximum = entriesPerBatchMaximum * (pageByteCount + 64)
}

/// How one page of a batch is coded; the raw value is the code on the wire.
public enum PageClass: UInt8, CaseIterable, Sendable {
    /// All bytes are zero.
    case zero = 1

    /// Content and type are those that were last sent for this pfn.
    case unchanged = 2

    /// The content is that of a page in the cache.
    case reference = 3

    /// The bytes that differ from the version last sent for this pfn.
    case delta = 4

    /// Four blocks, each literal, a reference to a cached block, a delta or words.
    case blocks = 5

    /// The content itself.
    case raw = 6

    /// The 8-byte words that differ from the version last sent for this pfn.
    case words = 7
}

/// How one block of a `PageClass.blocks` page is coded; two bits on the wire.
enum BlockClass: UInt8 {
    case literal = 0
    case reference = 1
    case delta = 2
    case words = 3
}

/// One entry of a libxc `PAGE_DATA` record: a pfn and its type.
///
/// The layout is libxc's (`xg_sr_stream_format.h`): bits 63 to 60 hold the type, bits 51 to 0 the
/// pfn; the bits between are reserved and zero.
public struct PageEntry: Equatable, Sendable {
    /// The 64 bits as libxc writes them.
    public var bits: UInt64

    /// Wraps the 64 bits that libxc writes.
    public init(bits: UInt64) {
        self.bits = bits
    }

    init(pfn: UInt64, type: UInt8) {
        bits = UInt64(type) << 60 | pfn
    }

    /// The number of pfns that an entry can name.
    static let pfnLimit: UInt64 = 1 << 52

    /// The guest's page frame number.
    public var pfn: UInt64 { bits & (Self.pfnLimit - 1) }

    /// The page type, `XEN_DOMCTL_PFINFO_*` shifted down to four bits.
    public var type: UInt8 { UInt8(truncatingIfNeeded: bits >> 60) }

    /// Whether content follows: broken (13), allocate-only (14) and absent (15) pages have none.
    public var hasContent: Bool { type < 13 }

    /// Whether the reserved bits are zero, so that the entry can be coded.
    public var isCanonical: Bool { bits & 0x0ff0_0000_0000_0000 == 0 }
}
