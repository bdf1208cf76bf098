internal import CZstd
internal import PageCodec

/// Expands the residue of page batches: the mirror of `ResidueCompressor`.
///
/// Memory: a window for each of the two streams, of the size that the sender announced, and one
/// batch.
final class ResidueDecompressor {
    private let control: ZstdDecompressor
    private let literals: ZstdDecompressor
    private let output: UnsafeMutableRawBufferPointer

    /// Allocates a decompressor.
    ///
    /// - Parameter windowLog: The window that the sender announced, as a power of two.
    /// - Throws: `StreamError.compressionFailed`, which means a lack of memory.
    init(windowLog: Int) throws(StreamError) {
        control = try ZstdDecompressor(windowLog: windowLog)
        literals = try ZstdDecompressor(windowLog: windowLog)
        output = .allocate(byteCount: PageFormat.batchByteCountMaximum, alignment: 64)
    }

    deinit { output.deallocate() }

    /// Expands the body of a COMPRESSED PAGES record.
    ///
    /// - Parameter body: The body, the checksum of which was found right.
    /// - Returns: The body of the PAGES record that it stands for, in memory that is valid until
    ///   the next call, and its checksum.
    /// - Throws: `StreamError` if it is not what a sender writes.
    func expand(
        _ body: UnsafeRawBufferPointer
    ) throws(StreamError) -> (batch: UnsafeRawBufferPointer, checksum: UInt64) {
        let stored = try CompressedBatch(reading: body)
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
        return (UnsafeRawBufferPointer(rebasing: output.prefix(byteCount)), stored.checksum)
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
            // More output than fits, or a frame that ends where none should.
            guard (source.pos, target.pos) != before, result != 0 else { break }
        }
        guard source.pos == source.size, target.pos == target.size else {
            throw .expandedLengthMismatch(
                announcedByteCount: output.count,
                foundByteCount: target.pos
            )
        }
    }
}
