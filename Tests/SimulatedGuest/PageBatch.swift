internal import Glibc

/// A PAGE_DATA record of up to 1024 pages, in the pieces in which libxenguest writes it.
///
/// Its memory is used again for each batch; a page is a piece of its own and is not copied.
final class PageBatch {
    /// `MAX_BATCH_SIZE`.
    static let pageCountMaximum = 1024
    private static let leadingPieceCount = 4

    /// Type and length of the record, number of entries and a reserved number, then the entries.
    private let head: UnsafeMutablePointer<UInt32>
    private let entries: UnsafeMutablePointer<UInt64>
    private let pieces: UnsafeMutablePointer<iovec>
    private let scratch: UnsafeMutableRawPointer
    private var scratchPageCount = 0
    private(set) var entryCount = 0
    private(set) var pageCount = 0

    /// What `bringIntoMemory` read, so that the compiler cannot leave it out.
    private var firstBytes: UInt8 = 0

    /// The pages of the batch that libxenguest could not map.
    private(set) var absentPFNs: [UInt32] = []

    init() {
        let count = Self.pageCountMaximum
        head = .allocate(capacity: 4)
        entries = .allocate(capacity: count)
        pieces = .allocate(capacity: Self.leadingPieceCount + count)
        scratch = .allocate(byteCount: count * pageByteCount, alignment: pageByteCount)
        absentPFNs.reserveCapacity(count)
    }

    deinit {
        head.deallocate()
        entries.deallocate()
        pieces.deallocate()
        scratch.deallocate()
    }

    func removeAll() {
        entryCount = 0
        pageCount = 0
        scratchPageCount = 0
        absentPFNs.removeAll(keepingCapacity: true)
    }

    /// Memory for a page that must be built first.
    func makeScratchPage() -> UnsafeMutableRawPointer {
        defer { scratchPageCount += 1 }
        return scratch + scratchPageCount * pageByteCount
    }

    /// Adds a page; it must stay in its place until the batch is written.
    func append(pfn: UInt32, type: UInt64, page: UnsafeRawPointer?) {
        entries[entryCount] = type << PageEntry.typeShift | UInt64(pfn)
        entryCount += 1
        if let page {
            pieces[Self.leadingPieceCount + pageCount] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: page),
                iov_len: pageByteCount
            )
            pageCount += 1
        } else if type == PageEntry.absentType {
            absentPFNs.append(pfn)
        }
    }

    /// Calls with pfn, type and content of each page that has content.
    func forEachPage(_ body: (UInt32, UInt64, UnsafeRawPointer) -> Void) {
        var piece = Self.leadingPieceCount
        for entry in UnsafeBufferPointer(start: entries, count: entryCount) {
            let type = entry >> PageEntry.typeShift
            guard PageEntry.hasPage(type), let page = pieces[piece].iov_base else { continue }
            body(UInt32(entry & PageEntry.pfnMask), type, page)
            piece += 1
        }
    }

    /// Touches all pages, as a hypercall maps a real guest's: whoever reads them has no page faults.
    func bringIntoMemory() {
        forEachPage { _, _, page in firstBytes &+= page.load(as: UInt8.self) }
    }

    /// The size of the record with its header.
    var byteCount: Int { 16 + 8 * entryCount + pageByteCount * pageCount }

    /// The record, for one writev.
    func record() -> UnsafeBufferPointer<iovec> {
        head[0] = RecordType.pageData
        head[1] = UInt32(byteCount - 8)
        head[2] = UInt32(entryCount)
        head[3] = 0
        pieces[0] = iovec(iov_base: head, iov_len: 4)
        pieces[1] = iovec(iov_base: head + 1, iov_len: 4)
        pieces[2] = iovec(iov_base: head + 2, iov_len: 8)
        pieces[3] = iovec(iov_base: entries, iov_len: 8 * entryCount)
        return UnsafeBufferPointer(start: pieces, count: Self.leadingPieceCount + pageCount)
    }
}
