internal import Glibc

/// A FIFO of pages that never grows: one slab, and the oldest page is overwritten; or a note of where
/// each page is in the memory of its source.
///
/// Both ends of a migration store the same pages in the same order, so a slot number means the same
/// content at both (paper IV-B1). Memory is taken from the system as slots are filled.
struct PageCache: ~Copyable {
    /// How many pages fit.
    let slotCount: Int

    /// How many pages were ever stored; the next page goes to slot `storedCount % slotCount`.
    private(set) var storedCount: UInt64 = 0

    /// The slot that the next page goes to.
    private(set) var nextSlot = 0

    // One of these two.
    private let slab: UnsafeMutableRawPointer?
    private let places: UnsafeMutablePointer<UnsafeRawPointer>?

    /// Memory is taken in steps of so many slots (2 MiB): one call costs a third less than a page
    /// fault for each slot.
    private static let slotCountOfStep = 512

    init(slotCount: Int, memory: CacheMemory = .smallPages) throws(PageCodecError) {
        guard 1...PageFormat.slotCountMaximum ~= slotCount else {
            throw .slotCountOutOfRange(slotCount)
        }
        let slab =
            memory == .source
            ? nil : try Self.map(byteCount: slotCount * PageFormat.pageByteCount, memory)
        self.slab = slab
        places = slab == nil ? .allocate(capacity: slotCount) : nil
        self.slotCount = slotCount
        if slab != nil { takeMemory() }
    }

    deinit {
        places?.deallocate()
        if let slab { munmap(slab, slotCount * PageFormat.pageByteCount) }
    }

    private static func map(
        byteCount: Int,
        _ memory: CacheMemory
    ) throws(PageCodecError) -> UnsafeMutableRawPointer {
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
        // Only a hint, so its result does not matter.
        if memory == .hugePages { madvise(mapping, byteCount, MADV_HUGEPAGE) }
        return mapping
    }

    /// Whether the slot exists and holds a page.
    func isFilled(_ slot: Int64) -> Bool {
        slot >= 0 && slot < Int64(slotCount) && UInt64(slot) < storedCount
    }

    /// Whether the page that was stored as number `store` has not been overwritten yet.
    func isLive(store: UInt64) -> Bool {
        storedCount - store <= UInt64(slotCount)
    }

    /// The content of a slot; it stays valid until the slot is reused.
    func page(at slot: Int) -> UnsafeRawPointer {
        assert(slot < slotCount)
        if let places { return places[slot] }
        return UnsafeRawPointer(
            slab.unsafelyUnwrapped + slot * PageFormat.pageByteCount
        )
    }

    /// The content that was stored as number `store`, which must be live.
    func page(ofStore store: UInt64) -> UnsafeRawPointer {
        page(at: slot(ofStore: store))
    }

    /// The slot that store number `store` went to.
    func slot(ofStore store: UInt64) -> Int {
        // Counting back from the next slot avoids a division by a number unknown to the compiler.
        let age = Int(storedCount - store)
        return nextSlot >= age ? nextSlot - age : nextSlot + slotCount - age
    }

    /// The store number of the page that a filled slot holds.
    func store(ofSlot slot: Int) -> UInt64 {
        let age = slot < nextSlot ? nextSlot - slot : nextSlot + slotCount - slot
        return storedCount - UInt64(age)
    }

    /// Whether a slot still holds its content after so many more stores.
    func keeps(slot: Int, afterStores storeCount: Int) -> Bool {
        let storesBefore = slot >= nextSlot ? slot - nextSlot : slotCount - nextSlot + slot
        return storesBefore >= storeCount
    }

    /// Where the next page is to be built before `storeNextPage()`.
    ///
    /// Until then the oldest page is there, if the cache is full. Not for the pages of a source.
    var nextPage: UnsafeMutableRawPointer {
        slab.unsafelyUnwrapped + nextSlot * PageFormat.pageByteCount
    }

    /// Takes over what was built in `nextPage`.
    mutating func storeNextPage() {
        advance()
        if nextSlot % Self.slotCountOfStep == 0 { takeMemory() }
    }

    /// Where a page will be once it is stored.
    func futurePlace(of page: UnsafeRawPointer) -> UnsafeRawPointer {
        places == nil ? UnsafeRawPointer(nextPage) : page
    }

    /// Stores a page: a copy of it, unless it is the source's.
    mutating func store(_ page: UnsafeRawPointer) {
        if let places {
            places[nextSlot] = page
            advance()
        } else {
            nextPage.copyMemory(from: page, byteCount: PageFormat.pageByteCount)
            storeNextPage()
        }
    }

    private mutating func advance() {
        storedCount += 1
        nextSlot += 1
        if nextSlot == slotCount { nextSlot = 0 }
    }

    /// Takes the memory of the next slots from the system, unless they have some.
    private func takeMemory() {
        guard storedCount < slotCount else { return }
        let count = min(Self.slotCountOfStep, slotCount - nextSlot)
        // Kernels before 5.14 do not know it, and give memory slot by slot.
        madvise(nextPage, count * PageFormat.pageByteCount, MADV_POPULATE_WRITE)
    }
}
