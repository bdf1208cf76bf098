internal import Glibc
internal import PageCodec

/// Pages one after the other, in memory of their own.
///
/// Together they are larger than the caches of the processor, and each iteration of a benchmark goes
/// through the next few of them: kernels meet pages in memory, as in a migration.
struct PageArena {
    /// As many as make 64 MiB.
    static let pageCountMaximum = 16384

    /// What an iteration goes through: as many pages as a batch has.
    static let chunkPageCount = 1024

    private(set) var pageCount = 0
    private let start: UnsafeMutableRawPointer

    var isFull: Bool { pageCount == Self.pageCountMaximum }

    /// An empty arena, never freed.
    init() {
        start = .allocate(
            byteCount: Self.pageCountMaximum * PageFormat.pageByteCount,
            alignment: PageFormat.pageByteCount
        )
    }

    /// Copies a page to the end; the arena must not be full.
    mutating func append(_ page: UnsafeRawPointer) {
        precondition(!isFull)
        (start + pageCount * PageFormat.pageByteCount).copyMemory(
            from: page,
            byteCount: PageFormat.pageByteCount
        )
        pageCount += 1
    }

    subscript(index: Int) -> UnsafeMutableRawPointer {
        start + index * PageFormat.pageByteCount
    }

    /// What the iterations go through; pages that do not fill a chunk are left out.
    var chunks: [Range<Int>] {
        stride(from: 0, through: pageCount - Self.chunkPageCount, by: Self.chunkPageCount)
            .map { $0..<$0 + Self.chunkPageCount }
    }

    /// What one iteration goes through.
    func chunk(_ iteration: Int) -> Range<Int> {
        let first = iteration % (pageCount / Self.chunkPageCount) * Self.chunkPageCount
        return first..<first + Self.chunkPageCount
    }
}

extension Range<Int> {
    /// The content of so many pages.
    var pageByteCount: Int { count * PageFormat.pageByteCount }
}
