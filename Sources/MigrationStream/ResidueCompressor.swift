internal import CZstd
internal import PageCodec

/// Compresses the residue of page batches with zstd: what they consist of after the page classes.
///
/// Control bytes and literals are streams of their own, since they have little in common; both go on
/// from batch to batch and are flushed after each. Memory: 1 to 17 MiB per stream, by level, and the
/// output of one batch.
final class ResidueCompressor {
    private let control: ZstdCompressor
    private let literals: ZstdCompressor
    private let prefix: UnsafeMutableRawBufferPointer
    private let controlOutput: UnsafeMutableRawBufferPointer
    private let literalOutput: UnsafeMutableRawBufferPointer

    init(level: Int) throws(StreamError) {
        control = try ZstdCompressor(level: level)
        literals = try ZstdCompressor(level: level)
        prefix = .allocate(byteCount: CompressedBatch.prefixByteCount, alignment: 8)
        let bound = ZSTD_compressBound(PageFormat.batchByteCountMaximum) + 64
        controlOutput = .allocate(byteCount: bound, alignment: 64)
        literalOutput = .allocate(byteCount: bound, alignment: 64)
    }

    deinit {
        prefix.deallocate()
        controlOutput.deallocate()
        literalOutput.deallocate()
    }

    /// Compresses a batch.
    ///
    /// - Parameter batch: The batch as it was coded.
    /// - Returns: The body of a COMPRESSED PAGES record, in memory that is valid until the next
    ///   call.
    /// - Throws: `StreamError.compressionFailed`, which means a lack of memory.
    func compress(_ batch: CodedBatch) throws(StreamError) -> [UnsafeRawBufferPointer] {
        let sections = batch.sections
        let controlBytes = try control.compress(
            [sections.entries, sections.classes, sections.control],
            into: controlOutput
        )
        let literalBytes = try literals.compress([sections.literals], into: literalOutput)
        CompressedBatch.writePrefix(
            controlByteCount: controlBytes.count,
            literalsByteCount: literalBytes.count,
            checksum: batch.checksum,
            to: prefix
        )
        return [UnsafeRawBufferPointer(prefix), sections.header, controlBytes, literalBytes]
    }
}

/// A zstd stream that is flushed after each piece of work.
private struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer

    init(level: Int) throws(StreamError) {
        guard let context = ZSTD_createCCtx() else { throw .compressionFailed("no memory") }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        // The record has a checksum of its own.
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
    }

    deinit { ZSTD_freeCCtx(context) }

    func compress(
        _ pieces: [UnsafeRawBufferPointer],
        into output: UnsafeMutableRawBufferPointer
    ) throws(StreamError) -> UnsafeRawBufferPointer {
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        for (index, piece) in pieces.enumerated() {
            let mode = index == pieces.count - 1 ? ZSTD_e_flush : ZSTD_e_continue
            var source = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
            var rest: Int
            repeat {
                rest = ZSTD_compressStream2(context, &target, &source, mode)
                guard ZSTD_isError(rest) == 0 else {
                    throw .compressionFailed(String(cString: ZSTD_getErrorName(rest)))
                }
            } while source.pos < source.size || (mode == ZSTD_e_flush && rest > 0)
        }
        return UnsafeRawBufferPointer(rebasing: output.prefix(target.pos))
    }
}
