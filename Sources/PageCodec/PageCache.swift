/// A FIFO of pages that never grows: the oldest page makes room for the next one.
///
/// Both ends of a migration store the same pages in the same order, so a slot number means the same
/// content at both (paper IV-B1). A slot is either a place in a slab, or a note of where its page is.
struct PageCache: ~Copyable {
    /// How many pages fit.
    let slotCount: Int

    /// How many pages were ever stored; the next page goes to slot `storedCount % slotCount`.
    private(set) var storedCount: UInt64 = 0

    /// The slot that the next page goes to.
    private(set) var nextSlot = 0

    private var slab: PageSlab

    // Where the pages are, unless each is at its slot's place in the slab.
    private let places: UnsafeMutablePointer<UnsafeRawPointer>?

    // Then those in the slab are used up to here, but for the free ones.
    private var usedPlaceCount = 0
    private let freePlaces: UnsafeMutablePointer<UnsafeMutableRawPointer>?
    private var freePlaceCount = 0

    init(slotCount: Int, memory: CacheMemory = .own) throws(PageCodecError) {
        guard 1...PageFormat.slotCountMaximum ~= slotCount else {
            throw .slotCountOutOfRange(slotCount)
        }
        slab = try PageSlab(pageCount: slotCount)
        let notesPlaces = memory == .source
        places = notesPlaces ? .allocate(capacity: slotCount) : nil
        freePlaces = notesPlaces ? .allocate(capacity: slotCount) : nil
        self.slotCount = slotCount
        if !notesPlaces { slab.prepare(0) }
    }

    deinit {
        places?.deallocate()
        freePlaces?.deallocate()
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
        return places?[slot] ?? UnsafeRawPointer(slab.page(slot))
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
    /// Until then the oldest page may be there, if the cache is full.
    var nextPage: UnsafeMutableRawPointer {
        guard let freePlaces else { return slab.page(nextSlot) }
        if let oldestBuiltPage { return oldestBuiltPage }
        return freePlaceCount > 0 ? freePlaces[freePlaceCount - 1] : slab.page(usedPlaceCount)
    }

    /// Takes over what was built in `nextPage`.
    mutating func storeNextPage() {
        if let places {
            let page = nextPage
            if oldestBuiltPage == nil {
                if freePlaceCount > 0 { freePlaceCount -= 1 } else { usedPlaceCount += 1 }
            }
            places[nextSlot] = UnsafeRawPointer(page)
            advance()
            slab.prepare(usedPlaceCount)
        } else {
            advance()
            slab.prepare(nextSlot)
        }
    }

    /// The memory that pages built next will need, if it is to be taken now.
    mutating func claimUpcomingMemory() -> UpcomingMemory? {
        slab.claimUpcomingMemory(usedCount: places == nil ? Int(storedCount) : usedPlaceCount)
    }

    /// Where a page will be once it is stored.
    func futurePlace(of page: UnsafeRawPointer) -> UnsafeRawPointer {
        places == nil ? UnsafeRawPointer(nextPage) : page
    }

    /// Stores a page: a copy of it, unless it stays where it is.
    mutating func store(_ page: UnsafeRawPointer) {
        if let places, let freePlaces {
            if let oldestBuiltPage {
                freePlaces[freePlaceCount] = oldestBuiltPage
                freePlaceCount += 1
            }
            places[nextSlot] = page
            advance()
        } else {
            nextPage.copyMemory(from: page, byteCount: PageFormat.pageByteCount)
            storeNextPage()
        }
    }

    /// The page that the next one replaces, if it was built here.
    private var oldestBuiltPage: UnsafeMutableRawPointer? {
        guard let places, storedCount >= slotCount else { return nil }
        return slab.page(at: places[nextSlot])
    }

    private mutating func advance() {
        storedCount += 1
        nextSlot += 1
        if nextSlot == slotCount { nextSlot = 0 }
    }
}
