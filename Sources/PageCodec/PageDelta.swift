// XOR and run-length coding of what changed between two versions of a page or block.
//
// The XOR of the versions tells which bytes changed. A delta is the number of runs, then for each
// run how many bytes to keep and how many to replace; both go to the control section. The new values
// of the replaced bytes go to the literals: new values, not the XOR, as in QEMU's xbzrle, because a
// general compressor behind this one does better on them.

/// The runs of changed bytes between two versions, found without a branch per byte or word.
///
/// Bytes that are equal between two changed ones belong to the run if they are fewer than four: a
/// new run costs two bytes or more. Memory: 4 KiB, allocated once. Cost per page: about a quarter of
/// a microsecond and a few nanoseconds per run.
public struct ChangedRuns: ~Copyable {
    /// How many runs there are.
    private(set) var count = 0

    /// How many bytes they hold.
    private(set) var byteCount = 0

    /// The fewest bytes that a delta with these runs takes.
    ///
    /// A number takes more than a byte only if it is above 127.
    var deltaByteCountMinimum: Int { byteCount &+ 2 &* count &+ 1 }

    // For each 64 bytes which of them differ, and a zero.
    private let parts: UnsafeMutablePointer<UInt64>
    private var partCount = 0

    // Where runs start and end, alternately.
    private let edges: UnsafeMutablePointer<UInt16>

    // A run and the gap after it take at least five bytes.
    private static let edgeCountMaximum = 2 * (PageFormat.pageByteCount / 5 + 1)

    /// Allocates memory for the runs of a page.
    public init() {
        parts = .allocate(capacity: PageFormat.pageByteCount / 64 + 1)
        parts.initialize(repeating: 0, count: PageFormat.pageByteCount / 64 + 1)
        edges = .allocate(capacity: Self.edgeCountMaximum + 64)
    }

    deinit {
        parts.deallocate()
        edges.deallocate()
    }

    /// Compares two versions, both of the length of a page or of a block.
    ///
    /// `find()` may follow.
    ///
    /// - Parameters:
    ///   - base: The old version.
    ///   - target: The new version.
    ///   - byteCount: Their length.
    /// - Returns: How many 8-byte words differ.
    @inline(__always)
    public mutating func compare(
        from base: UnsafeRawPointer,
        to target: UnsafeRawPointer,
        byteCount: Int
    ) -> Int {
        partCount = byteCount / 64
        var counts = WordCounts()
        for index in 0..<partCount {
            let bytes = changedBytes(base + 64 &* index, target + 64 &* index)
            parts[index] = bytes
            counts.add(changedBytes: bytes)
        }
        // Beyond the end nothing differs.
        parts[partCount] = 0
        return counts.total
    }

    /// Finds the runs between the two versions that were compared last.
    public mutating func find() {
        var edge = edges
        // What of the part before reaches into this one: changed bytes, and whether a run goes on.
        var spill: UInt64 = 0
        var wasInRun: UInt64 = 0
        var widened = Self.widen(parts[0], &spill)
        for index in 0..<partCount {
            let nextWidened = Self.widen(parts[index &+ 1], &spill)
            if widened | wasInRun != 0 {
                // Narrowing by as much as was widened leaves gaps of up to three bytes closed.
                let runs =
                    widened & (widened &>> 1 | nextWidened &<< 63)
                    & (widened &>> 2 | nextWidened &<< 62)
                    & (widened &>> 3 | nextWidened &<< 61)
                var changes = runs ^ (runs &<< 1 | wasInRun)
                wasInRun = runs &>> 63
                while changes != 0 {
                    edge.pointee = UInt16(
                        truncatingIfNeeded: 64 &* index &+ changes.trailingZeroBitCount
                    )
                    edge += 1
                    changes &= changes &- 1
                }
            }
            widened = nextWidened
        }
        if wasInRun != 0 {
            edge.pointee = UInt16(truncatingIfNeeded: 64 &* partCount)
            edge += 1
        }
        count = (edge - edges) / 2
        byteCount = 0
        for run in 0..<count { byteCount &+= Int(edges[2 &* run &+ 1] &- edges[2 &* run]) }
    }

    /// Where a run starts and ends.
    @inline(__always)
    subscript(run: Int) -> (start: Int, end: Int) {
        (Int(edges[2 &* run]), Int(edges[2 &* run &+ 1]))
    }

    /// Widens each set bit by the three after it, across parts.
    @inline(__always)
    private static func widen(_ bits: UInt64, _ spill: inout UInt64) -> UInt64 {
        let one = bits | bits &<< 1
        let result = one | one &<< 2 | spill
        // Bits 61 to 63 reach one, two and three bits into the next part.
        let top = bits &>> 61
        spill = top | top &>> 1 | top &>> 2
        return result
    }
}

/// Writes the delta from `base` to `target`, the runs of which were found, and moves both cursors
/// past it.
///
/// - Parameters:
///   - runs: What changed.
///   - target: The new version.
///   - byteCount: The length of it.
///   - limit: The most bytes that the delta may take, control and literals together.
///   - control: Where the run lengths go; room for `limit` and 32 more bytes is needed.
///   - literals: Where the new values go; room for `limit` and 32 more bytes is needed.
/// - Returns: Whether the delta fits into the limit; if not, the cursors are where they were.
public func writeDelta(
    _ runs: borrowing ChangedRuns,
    to target: UnsafeRawPointer,
    byteCount: Int,
    limit: Int,
    control: inout UnsafeMutablePointer<UInt8>,
    literals: inout UnsafeMutablePointer<UInt8>
) -> Bool {
    guard runs.deltaByteCountMinimum <= limit else { return false }
    var controlCursor = control
    var literalCursor = literals
    controlCursor.write(number: UInt64(truncatingIfNeeded: runs.count))
    var keptFrom = 0
    for run in 0..<runs.count {
        let (start, end) = runs[run]
        controlCursor.write(number: UInt64(truncatingIfNeeded: start &- keptFrom))
        controlCursor.write(number: UInt64(truncatingIfNeeded: end &- start))
        copyRun(
            from: target + start,
            to: literalCursor,
            byteCount: end &- start,
            isRoomAfter: start &+ 32 <= byteCount
        )
        literalCursor += end &- start
        keptFrom = end
    }
    guard (controlCursor - control) + (literalCursor - literals) <= limit else { return false }
    control = controlCursor
    literals = literalCursor
    return true
}

/// Applies a delta to `target`, which holds the version that it was made from.
public func applyDelta(
    to target: UnsafeMutableRawPointer,
    byteCount: Int,
    pfn: UInt64,
    control: inout SectionReader,
    literals: inout SectionReader
) throws(PageCodecError) {
    var runCount = try control.readNumber()
    var offset: UInt64 = 0
    let end = UInt64(byteCount)
    while runCount > 0 {
        runCount -= 1
        let kept = try control.readNumber()
        let changed = try control.readNumber()
        // Each bound first, so that the sum cannot overflow.
        guard kept < end, changed > 0, changed <= end, offset + kept + changed <= end else {
            throw .deltaOutOfRange(pfn: pfn)
        }
        let bytes = try literals.readBytes(Int(changed))
        copyRun(
            from: bytes,
            to: target + Int(offset + kept),
            byteCount: Int(changed),
            isRoomAfter: false
        )
        offset += kept + changed
    }
}

/// Copies a run; most runs are a few bytes, for which a call of memcpy is the larger cost.
///
/// If `isRoomAfter`, 32 bytes may be read and written whatever `byteCount` is.
@inline(__always)
private func copyRun(
    from source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer,
    byteCount: Int,
    isRoomAfter: Bool
) {
    if byteCount > 32 {
        target.copyMemory(from: source, byteCount: byteCount)
        return
    }
    if isRoomAfter {
        target.storeBytes(of: source.loadUnaligned(as: SIMD4<UInt64>.self), as: SIMD4<UInt64>.self)
        return
    }
    switch byteCount {
    case 16...: copyEnds(from: source, to: target, byteCount, as: SIMD2<UInt64>.self)
    case 8...: copyEnds(from: source, to: target, byteCount, as: UInt64.self)
    case 4...: copyEnds(from: source, to: target, byteCount, as: UInt32.self)
    default:
        for index in 0..<byteCount {
            let byte = source.load(fromByteOffset: index, as: UInt8.self)
            target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }
}

/// Copies the first and the last bytes, which together are all: at most two units, at least one.
@inline(__always)
private func copyEnds<Unit: BitwiseCopyable>(
    from source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer,
    _ byteCount: Int,
    as unit: Unit.Type
) {
    let last = byteCount &- MemoryLayout<Unit>.size
    let head = source.loadUnaligned(as: unit)
    let tail = source.loadUnaligned(fromByteOffset: last, as: unit)
    target.storeBytes(of: head, as: unit)
    target.storeBytes(of: tail, toByteOffset: last, as: unit)
}
