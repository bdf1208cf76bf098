// The classes of a batch's pages, in order, as runs. A run is one byte, the class in its upper half
// and the length minus one in its lower half; fifteen there means that a number follows, which is
// the length minus sixteen.

/// The most bytes that the classes of a batch take.
let classRunsByteCountMaximum = PageFormat.entriesPerBatchMaximum * 2

/// Writes classes as runs.
struct ClassRunWriter {
    private(set) var cursor: UnsafeMutablePointer<UInt8>
    private var current = PageClass.zero
    private var count = 0

    init(_ start: UnsafeMutablePointer<UInt8>) {
        cursor = start
    }

    @inline(__always)
    mutating func append(_ pageClass: PageClass) {
        if pageClass != current {
            finish()
            current = pageClass
        }
        count += 1
    }

    /// Writes the last run.
    mutating func finish() {
        guard count > 0 else { return }
        if count < 16 {
            cursor.pointee = current.rawValue << 4 | UInt8(count - 1)
            cursor += 1
        } else {
            cursor.pointee = current.rawValue << 4 | 15
            cursor += 1
            cursor.write(number: UInt64(count - 16))
        }
        count = 0
    }
}

/// Reads classes from runs.
struct ClassRunReader {
    private var reader: SectionReader
    private var current = PageClass.zero
    private var remaining = 0

    init(_ reader: SectionReader) {
        self.reader = reader
    }

    /// The class of the page with this index in the batch, of which `pageCount` have content.
    @inline(__always)
    mutating func next(pageIndex: Int, pageCount: Int) throws(PageCodecError) -> PageClass {
        if remaining == 0 { try readRun(pageIndex: pageIndex, pageCount: pageCount) }
        remaining -= 1
        return current
    }

    private mutating func readRun(pageIndex: Int, pageCount: Int) throws(PageCodecError) {
        let byte = try reader.readByte()
        guard let pageClass = PageClass(rawValue: byte >> 4) else {
            throw .unknownPageClass(code: byte >> 4, pageIndex: pageIndex)
        }
        current = pageClass
        remaining = Int(byte & 15) + 1
        if remaining == 16 {
            let more = try reader.readNumber()
            guard more < UInt64(PageFormat.entriesPerBatchMaximum) else {
                throw .classRunTooLong(pageIndex: pageIndex)
            }
            remaining += Int(more)
        }
        guard remaining <= pageCount - pageIndex else {
            throw .classRunTooLong(pageIndex: pageIndex)
        }
    }

    func finish() throws(PageCodecError) {
        try reader.finish()
    }
}
