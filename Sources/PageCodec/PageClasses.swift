/// What pages may be coded as, besides raw: an encoder may leave out what an experiment is without.
///
/// A decoder needs not know.
public struct PageClasses: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int

    /// Bits as they are.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Pages of zeros, and pages and blocks that were sent before (paper IV-B1).
    public static let references = PageClasses(rawValue: 1)
    /// Pages that have not changed, and what has changed of others (paper IV-B2).
    public static let deltas = PageClasses(rawValue: 2)
    /// Both.
    public static let all: PageClasses = [.references, .deltas]
}
