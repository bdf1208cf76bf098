/// How many threads encode or decode a stream.
public struct ThreadCount: Equatable, Sendable {
    /// The number of threads, in `range`.
    public let value: Int

    /// What can be asked for.
    public static let range = 1...8

    /// A number that an operator asked for, within `range`.
    public init?(_ value: Int) {
        guard Self.range ~= value else { return nil }
        self.value = value
    }

    /// The default: as many as there are processors, but no more than four, so that a dom0 keeps
    /// some for its other work.
    public static func `default`(processorCount: Int) -> ThreadCount {
        ThreadCount(unchecked: min(max(processorCount, 1), 4))
    }

    /// One thread.
    public static let one = ThreadCount(unchecked: 1)

    private init(unchecked value: Int) {
        self.value = value
    }
}
