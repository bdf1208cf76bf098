internal import Glibc
internal import Synchronization

/// Processor time that a simulation takes from the threads of those who use it.
///
/// A real guest runs elsewhere: this is what an experiment must not hold against the helper.
public final class SimulationTime: Sendable {
    private let nanosecondCount = Atomic<Int>(0)

    /// Nothing was measured so far.
    public init() {}

    /// What all threads together took so far.
    public var microseconds: Int { nanosecondCount.load(ordering: .relaxed) / 1000 }

    /// Does something and adds the processor time that it takes; time spent waiting is none.
    public func measure<Result>(_ body: () throws -> Result) rethrows -> Result {
        let start = Self.threadNanoseconds
        defer { nanosecondCount.add(Self.threadNanoseconds - start, ordering: .relaxed) }
        return try body()
    }

    private static var threadNanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
