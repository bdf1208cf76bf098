/// Memory for one coded batch: its encoder writes into it, and what it holds is valid until the
/// next batch is coded into it.
///
/// 8 MiB of addresses; the system gives memory for as much of it as a batch needs, half of it in
/// practice.
public final class BatchMemory {
    let header: UnsafeMutableRawPointer
    let entries: UnsafeMutablePointer<UInt8>
    let classes: UnsafeMutablePointer<UInt8>
    let control: UnsafeMutablePointer<UInt8>
    let literals: UnsafeMutablePointer<UInt8>

    /// Allocates memory for one batch.
    public init() {
        // What is tried and given up may reach beyond the end for a moment.
        let capacity = PageFormat.batchByteCountMaximum + 2 * PageFormat.pageByteCount
        header = .allocate(byteCount: PageFormat.batchHeaderByteCount, alignment: 8)
        entries = .allocate(capacity: entryRunsByteCountMaximum)
        classes = .allocate(capacity: classRunsByteCountMaximum)
        control = .allocate(capacity: capacity)
        literals = .allocate(capacity: capacity)
    }

    deinit {
        header.deallocate()
        entries.deallocate()
        classes.deallocate()
        control.deallocate()
        literals.deallocate()
    }
}
