/// A guest whose memory changes like a real one's, driven by a seed.
///
/// Its pages are zero, noise, copies of other pages, or made of blocks of other pages; from round to
/// round they change a little, change wholly, change type, move, vanish, or are sent again as they
/// are.
public struct RandomGuest {
    private var generator: SeededGenerator
    private var memory: [UInt64: GuestPage] = [:]
    private let pfns: [UInt64]

    private static let pageTableTypes: [UInt8] = [1, 2, 3, 4, 9, 10, 11, 12]
    private static let emptyTypes: [UInt8] = [13, 14, 15]

    /// Creates a guest with so many pages, a few of which have the highest pfns there are.
    public init(seed: UInt64, pageCount: Int) {
        generator = SeededGenerator(seed: seed)
        let last: UInt64 = 1 << 52 - 1
        let low = (0..<UInt64(pageCount)).map { $0 &* 3 / 2 }
        pfns = low.dropLast(2) + [last - 1, last]
        for pfn in pfns { memory[pfn] = newPage(pfn) }
    }

    /// The pages of the first round, or of a verifying pass.
    public func allPages() -> [GuestPage] {
        pfns.compactMap { memory[$0] }
    }

    /// Changes some pages and returns those that libxc would send, sometimes out of order.
    public mutating func nextRound() -> [GuestPage] {
        let share = Int.random(in: 1...10, using: &generator)
        var round: [GuestPage] = []
        for pfn in pfns where Int.random(in: 0..<10, using: &generator) < share {
            let page = successor(of: memory[pfn] ?? newPage(pfn))
            memory[pfn] = page
            round.append(page)
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { round.shuffle(using: &generator) }
        return round
    }

    /// A whole stream: the first round, more rounds, sometimes a verifying pass and checkpoints.
    public mutating func stream(roundCount: Int) -> [UInt8] {
        var builder = StockStreamBuilder(version: Bool.random(using: &generator) ? 3 : 2)
        builder.appendStaticData()
        builder.append(pages: allPages(), entriesPerBatch: batchEntryCount())
        for _ in 1..<max(roundCount, 1) {
            builder.append(pages: nextRound(), entriesPerBatch: batchEntryCount())
            if Int.random(in: 0..<4, using: &generator) == 0 {
                builder.append(LibxcRecord.checkpoint)
            }
        }
        if Bool.random(using: &generator) {
            builder.append(LibxcRecord.verify)
            builder.append(pages: allPages(), entriesPerBatch: batchEntryCount())
        }
        builder.appendProcessorState()
        builder.appendEnd()
        return builder.bytes
    }

    private mutating func batchEntryCount() -> Int {
        [1, 15, 16, 17, 100, 1024].randomElement(using: &generator) ?? 1024
    }

    private mutating func newPage(_ pfn: UInt64) -> GuestPage {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...2:
            return GuestPage(pfn, Content.zero)
        case 3:
            let types = Self.emptyTypes
            return .empty(pfn, type: types.randomElement(using: &generator) ?? 15)
        case 4:
            let types = Self.pageTableTypes
            return GuestPage(
                pfn,
                type: types.randomElement(using: &generator) ?? 1,
                sparseContent()
            )
        case 5:
            return GuestPage(pfn, otherContent())
        case 6:
            return GuestPage(pfn, mixedContent())
        case 7:
            return GuestPage(pfn, sparseContent())
        default:
            return GuestPage(pfn, Content.noise(generator.next()))
        }
    }

    private mutating func successor(of page: GuestPage) -> GuestPage {
        guard !page.content.isEmpty else { return newPage(page.pfn) }
        var next = page
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...3:
            break
        case 4...5:
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                let offset = Int.random(in: 0..<GuestPage.byteCount, using: &generator)
                next.content[offset] = UInt8.random(in: 0...255, using: &generator)
            }
        case 6:
            let start = Int.random(in: 0..<GuestPage.byteCount, using: &generator)
            let end = Int.random(in: start..<GuestPage.byteCount, using: &generator)
            for offset in start...end { next.content[offset] ^= 0x55 }
        case 7:
            next.type = next.type == 0 ? 1 : 0
        default:
            next = newPage(page.pfn)
        }
        return next
    }

    private mutating func sparseContent() -> [UInt8] {
        var content = Content.zero
        for _ in 0..<Int.random(in: 1...200, using: &generator) {
            let offset = Int.random(in: 0..<GuestPage.byteCount, using: &generator)
            content[offset] = UInt8.random(in: 0...255, using: &generator)
        }
        return content
    }

    private mutating func otherContent() -> [UInt8] {
        guard let pfn = pfns.randomElement(using: &generator), let page = memory[pfn],
            !page.content.isEmpty
        else { return Content.noise(generator.next()) }
        return page.content
    }

    private mutating func mixedContent() -> [UInt8] {
        var content: [UInt8] = []
        while content.count < GuestPage.byteCount {
            let block = Int.random(in: 0..<4, using: &generator) * 1024
            content += otherContent()[block..<block + 1024]
        }
        return content
    }
}
