internal import Glibc

/// Memory for a fixed number of pages, taken from the system as they are used, in order.
struct PageSlab: ~Copyable {
    private let bytes: UnsafeMutableRawPointer
    private let pageCount: Int

    // How many pages from the start have memory.
    private var preparedCount = 0

    /// Memory is taken in steps of so many pages (2 MiB): one call costs a third less than a page
    /// fault for each.
    private static let pageCountOfStep = 512

    init(pageCount: Int) throws(PageCodecError) {
        let byteCount = pageCount * PageFormat.pageByteCount
        let mapping = mmap(
            nil,
            byteCount,
            PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS,
            -1,
            0
        )
        guard let mapping, mapping != MAP_FAILED else {
            throw .cacheNotAllocatable(byteCount: byteCount, allowedByteCount: 0)
        }
        bytes = mapping
        self.pageCount = pageCount
    }

    deinit { munmap(bytes, pageCount * PageFormat.pageByteCount) }

    /// The page with a number below `pageCount`.
    func page(_ number: Int) -> UnsafeMutableRawPointer {
        assert(number < pageCount)
        return bytes + number * PageFormat.pageByteCount
    }

    /// The same memory for writing, if a page is one of these.
    func page(at address: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
        let offset = address - UnsafeRawPointer(bytes)
        guard 0..<pageCount * PageFormat.pageByteCount ~= offset else { return nil }
        return bytes + offset
    }

    /// Takes memory for a page that is used soon, and for those after it, unless it has some.
    mutating func prepare(_ number: Int) {
        guard preparedCount <= number, number < pageCount else { return }
        upcomingMemory(to: number + Self.pageCountOfStep).take()
    }

    /// The memory that is needed next, if that is worth a call: for as many pages again as were used,
    /// three steps at most.
    ///
    /// It is claimed once; whoever gets it may take it beside other use of the slab.
    ///
    /// - Parameter usedCount: How many pages from the start have been used.
    /// - Returns: The memory, or `nil` if enough is there.
    mutating func claimUpcomingMemory(usedCount: Int) -> UpcomingMemory? {
        let end = usedCount + min(usedCount, 3 * Self.pageCountOfStep)
        guard min(end, pageCount) - preparedCount >= Self.pageCountOfStep / 2 else { return nil }
        return upcomingMemory(to: end)
    }

    private mutating func upcomingMemory(to end: Int) -> UpcomingMemory {
        let start = preparedCount
        preparedCount = min(end, pageCount)
        return UpcomingMemory(
            bytes: UnsafeMutableRawBufferPointer(
                start: bytes + start * PageFormat.pageByteCount,
                count: (preparedCount - start) * PageFormat.pageByteCount
            )
        )
    }
}

/// Memory of a slab that will be used, and that the system has not given yet.
struct UpcomingMemory {
    let bytes: UnsafeMutableRawBufferPointer

    /// Takes it; what is used before that, the system gives page by page.
    func take() {
        // Kernels before 5.14 do not know it, and give memory page by page.
        madvise(bytes.baseAddress, bytes.count, MADV_POPULATE_WRITE)
    }
}
