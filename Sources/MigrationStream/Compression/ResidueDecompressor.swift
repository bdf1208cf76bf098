internal import CZstd
internal import PageCodec

/// Expands the residue of page batches: the mirror of `ResidueCompressor`.
///
/// Memory: a window for each of the two streams, of the size that the sender announced.
final class ResidueDecompressor {
    private let control: ZstdDecompressor
    private let literals: ZstdDecompressor

    /// Allocates a decompressor.
    ///
    /// - Parameter windowLog: The window that the sender announced, as a power of two.
    /// - Throws: `StreamError.compressionFailed`, which means a lack of memory.
    init(windowLog: Int) throws(StreamError) {
        control = try ZstdDecompressor(
            windowLog: min(windowLog, CompressedBatch.controlWindowLogMaximum)
        )
        literals = try ZstdDecompressor(windowLog: windowLog)
    }

    /// Expands a batch.
    ///
    /// - Parameters:
    ///   - stored: The body of a COMPRESSED PAGES record, the checksum of which was found right.
    ///   - output: Where the result goes, with room for the largest batch.
    /// - Returns: The body of the PAGES record that it stands for.
    /// - Throws: `StreamError` if it is not what a sender writes.
    func expand(
        _ stored: CompressedBatch,
        into output: UnsafeMutableRawBufferPointer
    ) throws(StreamError) -> UnsafeRawBufferPointer {
        let header = UnsafeMutableRawBufferPointer(
            rebasing: output.prefix(PageFormat.batchHeaderByteCount)
        )
        header.copyMemory(from: stored.header)
        let byteCounts = stored.sectionByteCounts
        let byteCount = header.count + byteCounts.control + byteCounts.literals
        guard byteCount <= output.count else {
            throw .recordLengthOutOfRange(kind: .compressedPages, byteCount: byteCount)
        }
        let controlEnd = header.count + byteCounts.control
        try control.expand(
            stored.control,
            into: UnsafeMutableRawBufferPointer(rebasing: output[header.count..<controlEnd])
        )
        try literals.expand(
            stored.literals,
            into: UnsafeMutableRawBufferPointer(rebasing: output[controlEnd..<byteCount])
        )
        return UnsafeRawBufferPointer(rebasing: output.prefix(byteCount))
    }
}

/// The reading end of a zstd stream that is flushed after each piece of work.
private struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer

    init(windowLog: Int) throws(StreamError) {
        guard let context = ZSTD_createDCtx() else { throw .compressionFailed("no memory") }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(windowLog))
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Expands bytes that must fill the output exactly.
    func expand(
        _ bytes: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(StreamError) {
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while source.pos < source.size {
            let before = (source.pos, target.pos)
            let result = ZSTD_decompressStream(context, &target, &source)
            guard ZSTD_isError(result) == 0 else {
                throw .compressionFailed(String(cString: ZSTD_getErrorName(result)))
            }
            // More output than fits. A frame may end anywhere; another follows then.
            guard (source.pos, target.pos) != before else { break }
        }
        guard source.pos == source.size, target.pos == target.size else {
            throw .expandedLengthMismatch(
                announcedByteCount: output.count,
                foundByteCount: target.pos
            )
        }
    }
}
