// XOR and run-length coding of what changed between two versions of a page or block.
//
// The XOR of the versions tells which bytes changed. A delta is the number of runs, then for each
// run how many bytes to keep and how many to replace; both go to the control section. The new values
// of the replaced bytes go to the literals: new values, not the XOR, as in QEMU's xbzrle, because a
// general compressor behind this one does better on them.

/// Bytes that are equal between two changed ones are sent along if they are fewer than this: a new
/// run costs two bytes or more.
private let gapByteCountMinimum = 4

/// Writes the delta from `base` to `target` and moves both cursors past it.
///
/// - Parameters:
///   - base: The version that the receiver has.
///   - target: The new version.
///   - byteCount: The length of both, a multiple of 8.
///   - limit: The most bytes that the delta may take, control and literals together.
///   - control: Where the run lengths go; room for `limit` and 32 more bytes is needed.
///   - literals: Where the new values go; room for `limit` and 32 more bytes is needed.
/// - Returns: Whether the delta fits into the limit; if not, the cursors are where they were.
func encodeDelta(
    from base: UnsafeRawPointer,
    to target: UnsafeRawPointer,
    byteCount: Int,
    limit: Int,
    control: inout UnsafeMutablePointer<UInt8>,
    literals: inout UnsafeMutablePointer<UInt8>
) -> Bool {
    // Two bytes are kept for the number of runs, which is known last: a page has at most
    // 4,096 / 4 runs.
    let controlStart = control
    let literalStart = literals
    var controlCursor = control + 2
    var literalCursor = literals
    var room = limit - 2
    var runCount = 0
    var keptFrom = 0

    var offset = firstDifference(base, target, from: 0, byteCount: byteCount)
    while offset < byteCount {
        // A run starts at the first changed byte of this word.
        var difference = differenceOfWords(base, target, offset)
        let runStart = offset + difference.trailingZeroBitCount / 8
        var runEnd: Int
        while true {
            let equalAtEnd = difference.leadingZeroBitCount / 8
            offset += 8
            runEnd = offset - equalAtEnd
            guard offset < byteCount else { break }
            difference = differenceOfWords(base, target, offset)
            guard difference != 0 else { break }
            guard equalAtEnd + difference.trailingZeroBitCount / 8 < gapByteCountMinimum else {
                break
            }
        }
        let changedByteCount = runEnd - runStart
        room -= changedByteCount + 4
        guard room >= 0 else { return false }
        controlCursor.write(number: UInt64(truncatingIfNeeded: runStart - keptFrom))
        controlCursor.write(number: UInt64(truncatingIfNeeded: changedByteCount))
        copyRun(from: target + runStart, to: literalCursor, byteCount: changedByteCount)
        literalCursor += changedByteCount
        runCount += 1
        keptFrom = runEnd
        offset = firstDifference(base, target, from: offset, byteCount: byteCount)
    }

    // A number below 128 takes one byte; the runs then move up by one.
    if runCount < 0x80 {
        controlStart.pointee = UInt8(truncatingIfNeeded: runCount)
        let runByteCount = controlCursor - controlStart - 2
        (controlStart + 1).update(from: controlStart + 2, count: runByteCount)
        controlCursor -= 1
    } else {
        var cursor = controlStart
        cursor.write(number: UInt64(truncatingIfNeeded: runCount))
    }
    guard (controlCursor - controlStart) + (literalCursor - literalStart) <= limit else {
        return false
    }
    control = controlCursor
    literals = literalCursor
    return true
}

/// Applies a delta to `target`, which holds the version that it was made from.
func applyDelta(
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
        copyRun(from: bytes, to: target + Int(offset + kept), byteCount: Int(changed))
        offset += kept + changed
    }
}

/// How many 8-byte words of a page differ.
///
/// - Returns: A number from 0 to 512.
func countOfChangedWords(_ first: UnsafeRawPointer, _ second: UnsafeRawPointer) -> Int {
    var changed = 0
    var offset = 0
    while offset < PageFormat.pageByteCount {
        changed &+= differenceOfWords(first, second, offset) == 0 ? 0 : 1
        offset &+= 8
    }
    return changed
}

@inline(__always)
private func differenceOfWords(
    _ first: UnsafeRawPointer,
    _ second: UnsafeRawPointer,
    _ offset: Int
) -> UInt64 {
    let firstWord = first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let secondWord = second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    return UInt64(littleEndian: firstWord ^ secondWord)
}

/// The offset of the first word at or after `start` that differs, or `byteCount`.
@inline(__always)
private func firstDifference(
    _ first: UnsafeRawPointer,
    _ second: UnsafeRawPointer,
    from start: Int,
    byteCount: Int
) -> Int {
    var offset = start
    while offset < byteCount {
        if differenceOfWords(first, second, offset) != 0 { return offset }
        offset &+= 8
        // Long equal stretches go by 64 bytes.
        while offset & 63 == 0, offset < byteCount {
            let difference =
                first.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
                ^ second.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
            let four = difference.lowHalf | difference.highHalf
            let two = four.lowHalf | four.highHalf
            if two.x | two.y != 0 { break }
            offset &+= 64
        }
    }
    return byteCount
}

/// Copies a run; most runs are a few bytes, for which a call of memcpy is the larger cost.
@inline(__always)
private func copyRun(
    from source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer,
    byteCount: Int
) {
    if byteCount > 16 {
        target.copyMemory(from: source, byteCount: byteCount)
        return
    }
    var index = 0
    while index < byteCount {
        target.storeBytes(
            of: source.load(fromByteOffset: index, as: UInt8.self),
            toByteOffset: index,
            as: UInt8.self
        )
        index &+= 1
    }
}
