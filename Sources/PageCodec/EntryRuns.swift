// The compact list of a batch's entries: runs of consecutive pfns of one type. A run is two
// numbers: the distance of its first pfn from the end of the run before (zigzag), and its length
// minus one, shifted left by four, with the type in the lowest four bits.

/// The most bytes that the entries of a batch take.
let entryRunsByteCountMaximum = PageFormat.entriesPerBatchMaximum * 11

/// Writes entries as runs and moves past them; all entries must be canonical.
func encodeEntryRuns(
    _ entries: UnsafeBufferPointer<UInt64>,
    into cursor: inout UnsafeMutablePointer<UInt8>
) {
    var expectedPFN: UInt64 = 0
    var index = 0
    while index < entries.count {
        let first = PageEntry(bits: UInt64(littleEndian: entries[index]))
        var count = 1
        // The type sits above the pfn, so a run is a row of consecutive numbers.
        while index + count < entries.count,
            UInt64(littleEndian: entries[index + count]) == first.bits &+ UInt64(count),
            first.pfn + UInt64(count) < PageEntry.pfnLimit
        {
            count += 1
        }
        cursor.write(number: UInt64(zigzag: Int64(first.pfn) - Int64(expectedPFN)))
        cursor.write(number: UInt64(count - 1) << 4 | UInt64(first.type))
        expectedPFN = first.pfn + UInt64(count)
        index += count
    }
}

/// Rebuilds the entries, as many as the output holds.
func decodeEntryRuns(
    _ reader: inout SectionReader,
    into entries: UnsafeMutableBufferPointer<UInt64>
) throws(PageCodecError) {
    var expectedPFN: Int64 = 0
    var index = 0
    while index < entries.count {
        let distance = Int64(zigzag: try reader.readNumber())
        let countAndType = try reader.readNumber()
        let (first, overflow) = expectedPFN.addingReportingOverflow(distance)
        let count = countAndType >> 4
        guard
            !overflow, first >= 0, count < UInt64(entries.count - index),
            UInt64(first) < PageEntry.pfnLimit - count
        else {
            throw .pfnRunOutOfRange(entryIndex: index)
        }
        let entry = PageEntry(pfn: UInt64(first), type: UInt8(countAndType & 15))
        for step in 0...count {
            entries[index + Int(step)] = (entry.bits + step).littleEndian
        }
        expectedPFN = first + Int64(count) + 1
        index += Int(count) + 1
    }
    try reader.finish()
}
