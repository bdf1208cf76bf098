internal import Glibc

/// The memory of a guest that is restored.
public final class TargetMemory {
    private static let typeUnknown: UInt8 = 0xff
    private static let byteCountMaximum = (Int(PFN.maximum) + 1) * pageByteCount

    /// Room for the largest guest, of which only what is written takes memory.
    private let pages: UnsafeMutableRawPointer
    /// By pfn: the type that came last.
    private var types: [UInt8] = []

    /// From now on, pages are compared, not kept (VERIFY).
    public var isVerifying = false
    /// The pages that were not equal.
    public private(set) var differingPFNs: [UInt64] = []

    /// Memory without pages, or `nil` if there is no address space for it.
    public init?() {
        let start = mmap(
            nil,
            Self.byteCountMaximum,
            PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1,
            0
        )
        guard let start, start != MAP_FAILED else { return nil }
        pages = start
    }

    deinit { munmap(pages, Self.byteCountMaximum) }

    /// Takes the body of a PAGE_DATA record.
    ///
    /// - Returns: Whether it was complete, and of a guest up to 64 GiB.
    public func receive(_ body: UnsafeRawBufferPointer) -> Bool {
        guard body.count >= 8 else { return false }
        let entryCount = Int(body.number(at: 0, as: UInt32.self))
        var offset = 8 + 8 * entryCount
        guard offset <= body.count else { return false }
        for index in 0..<entryCount {
            let entry = body.number(at: 8 + 8 * index, as: UInt64.self)
            let type = entry >> PageEntry.typeShift
            let pfn = entry & PageEntry.pfnMask
            guard pfn <= PFN.maximum else { return false }
            if pfn >= types.count {
                let missing = Int(pfn) + 1 - types.count
                types.append(contentsOf: repeatElement(Self.typeUnknown, count: missing))
            }
            if !isVerifying { types[Int(pfn)] = UInt8(type) }
            guard PageEntry.hasPage(type) else { continue }
            guard let source = body.baseAddress, offset + pageByteCount <= body.count else {
                return false
            }
            let page = pages + Int(pfn) * pageByteCount
            if !isVerifying {
                memcpy(page, source + offset, pageByteCount)
            } else if memcmp(page, source + offset, pageByteCount) != 0 {
                differingPFNs.append(pfn)
            }
            offset += pageByteCount
        }
        return true
    }

    /// The digest of all pages that have content.
    public func digest() -> String {
        var digest = MemoryDigest()
        for (pfn, type) in types.enumerated() where PageEntry.hasPage(UInt64(type)) {
            digest.add(pfn: UInt32(pfn), type: UInt64(type), page: pages + pfn * pageByteCount)
        }
        return digest.text
    }
}
