internal import Synchronization

/// A list that callbacks on any thread append to.
public final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    /// A list of nothing.
    public init() {}

    /// Appends an element.
    public func append(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    /// What was appended, in that order.
    public var all: [Element] { elements.withLock { $0 } }
}
