internal import PageCodec

/// The kinds of our records.
public enum RecordKind: UInt16, Sendable {
    /// Sizes, cache slots and features; the first record.
    case parameters = 1
    /// libxc's image and domain header; the second record.
    case headers = 2
    /// A libxc record, or a part of one, as it is.
    case stockRecord = 3
    /// A coded `PAGE_DATA` record.
    case pages = 4
    /// A coded `PAGE_DATA` record, compressed.
    case compressedPages = 5
}

extension RecordKind {
    /// The lengths that a body of this kind can have.
    var bodyByteCounts: ClosedRange<Int> {
        switch self {
        case .parameters:
            ExtendedStream.parametersByteCount...ExtendedStream.parametersByteCount
        case .headers:
            StockStream.headersByteCount...StockStream.headersByteCount
        case .stockRecord:
            1...ExtendedStream.fragmentByteCountMaximum
        case .pages:
            PageFormat.batchHeaderByteCount...PageFormat.batchByteCountMaximum
        case .compressedPages:
            CompressedBatch.prefixByteCount
                + PageFormat.batchHeaderByteCount...CompressedBatch.byteCountMaximum
        }
    }
}
