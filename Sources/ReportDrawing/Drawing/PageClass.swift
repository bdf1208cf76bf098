internal import MigrationReport

/// The classes of pages in the order in which they are drawn.
enum PageClass: String, CaseIterable {
    case zero, unchanged, reference, delta, blocks, raw, whole

    func count(in pages: PageCounts) -> Int {
        switch self {
        case .zero: pages.zero
        case .unchanged: pages.unchanged
        case .reference: pages.reference
        case .delta: pages.delta
        case .blocks: pages.blocks
        case .raw: pages.raw
        case .whole: pages.whole
        }
    }
}
