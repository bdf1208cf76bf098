/// Everything that can be wrong with a coded batch, and with the memory for a cache.
public enum PageCodecError: Error, Equatable {
    /// The cache does not fit into what the operating system gives or the caller allows.
    case cacheNotAllocatable(byteCount: Int, allowedByteCount: Int)
    /// A cache must have between 1 and `PageFormat.slotCountMaximum` slots.
    case slotCountOutOfRange(Int)
    /// The fixed part of the batch is cut off.
    case batchTooShort(byteCount: Int)
    /// The batch announces more entries than the format allows, or none.
    case entryCountOutOfRange(Int)
    /// The section lengths do not add up to the length of the batch.
    case sectionsDoNotFit(announcedByteCount: Int, actualByteCount: Int)
    /// A reserved field holds something that this version does not know.
    case reservedFieldSet(field: String, value: UInt64)
    /// A section ends in the middle of an item.
    case sectionEndsEarly(section: BatchSection, offset: Int)
    /// A section holds more than the batch's pages need.
    case sectionHasSurplus(section: BatchSection, byteCount: Int)
    /// A variable-length number is longer than 64 bits.
    case numberTooLong(section: BatchSection, offset: Int)
    /// A run of pfns leaves the range of pfns, or is longer than the batch.
    case pfnRunOutOfRange(entryIndex: Int)
    /// A class code that this version does not know.
    case unknownPageClass(code: UInt8, pageIndex: Int)
    /// A run of page classes is longer than the batch.
    case classRunTooLong(pageIndex: Int)
    /// A reference names a slot that does not exist or was never filled.
    case emptySlot(slot: Int64, pfn: UInt64)
    /// A page is said to be unchanged, but no version of it with this type is known.
    case noVersion(pfn: UInt64, type: UInt8)
    /// A delta reaches beyond the end of its page or block, or holds an empty run.
    case deltaOutOfRange(pfn: UInt64)
    /// The rebuilt content is not what the sender sent.
    case contentChecksumMismatch(expected: UInt64, found: UInt64)
}

/// The parts of a coded batch.
public enum BatchSection: String, Sendable {
    /// The list of pfns and types.
    case entries
    /// The list of page classes.
    case classes
    /// Arguments of the classes: references, block codes, run lengths.
    case control
    /// Page content.
    case literals
}

extension PageCodecError: CustomStringConvertible {
    /// What happened, in one line for an operator.
    public var description: String {
        switch self {
        case .cacheNotAllocatable(let byteCount, let allowedByteCount):
            let wanted = byteCount >> 20
            let allowed = allowedByteCount >> 20
            return "a page cache of \(wanted) MiB is needed, but only \(allowed) MiB can be used "
                + "here; set a smaller CLOUDNET_CACHE_MIB at the sender"
        case .slotCountOutOfRange(let count):
            return "a page cache of \(count) slots is not possible"
        case .batchTooShort(let byteCount):
            return "a page batch of \(byteCount) bytes is too short"
        case .entryCountOutOfRange(let count):
            return "a page batch of \(count) pages is not possible"
        case .sectionsDoNotFit(let announced, let actual):
            return "the sections of a page batch need \(announced) bytes, it has \(actual)"
        case .reservedFieldSet(let field, let value):
            return "the reserved field '\(field)' of a page batch holds \(value)"
        case .sectionEndsEarly(let section, let offset):
            return "the \(section.rawValue) of a page batch end early, at byte \(offset)"
        case .sectionHasSurplus(let section, let byteCount):
            return "the \(section.rawValue) of a page batch have \(byteCount) bytes too many"
        case .numberTooLong(let section, let offset):
            return "a number in the \(section.rawValue) of a page batch is too long, "
                + "at byte \(offset)"
        case .pfnRunOutOfRange(let index):
            return "a run of pfns is out of range, at entry \(index) of a page batch"
        case .unknownPageClass(let code, let index):
            return "unknown page class \(code), at page \(index) of a batch"
        case .classRunTooLong(let index):
            return "a run of page classes is too long, at page \(index) of a batch"
        case .emptySlot(let slot, let pfn):
            return "\(hexadecimal: pfn) refers to cache slot \(slot), which is empty"
        case .noVersion(let pfn, let type):
            return "\(hexadecimal: pfn) of type \(type) is said to be unchanged, but was never sent"
        case .deltaOutOfRange(let pfn):
            return "the delta of \(hexadecimal: pfn) leaves its page"
        case .contentChecksumMismatch(let expected, let found):
            return "a page batch is damaged: its checksum is \(String(found, radix: 16)), "
                + "\(String(expected, radix: 16)) was expected"
        }
    }
}

extension DefaultStringInterpolation {
    fileprivate mutating func appendInterpolation(hexadecimal pfn: UInt64) {
        appendLiteral("pfn 0x" + String(pfn, radix: 16))
    }
}
