/// A list of bytes that lie in several places; what lies back to back is one piece.
struct BytePieces {
    /// The pieces in their order; none is empty.
    private(set) var list: [UnsafeRawBufferPointer] = []

    /// Makes room for so many pieces, so that the list need not grow.
    init(capacity: Int) {
        list.reserveCapacity(capacity)
    }

    /// Forgets all pieces.
    mutating func removeAll() {
        list.removeAll(keepingCapacity: true)
    }

    /// Adds bytes that stay where they are.
    mutating func append(_ start: UnsafeRawPointer, _ byteCount: Int) {
        guard byteCount > 0 else { return }
        let last = list.count - 1
        if last >= 0, let lastStart = list[last].baseAddress, lastStart + list[last].count == start
        {
            list[last] = UnsafeRawBufferPointer(
                start: lastStart,
                count: list[last].count + byteCount
            )
        } else {
            list.append(UnsafeRawBufferPointer(start: start, count: byteCount))
        }
    }
}
