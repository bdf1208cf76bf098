internal import CZstd
internal import PageCodec

/// Compresses the residue of page batches with zstd: what they consist of after the page classes.
///
/// Control bytes and literals are streams of their own, since they have little in common. With an
/// effort that looks back, both go on from batch to batch and are flushed after each; with another,
/// each batch is a frame of its own. Memory: 1 to 17 MiB per stream, by effort.
final class ResidueCompressor {
    private var control: ZstdCompressor
    private var literals: ZstdCompressor

    /// Allocates a compressor.
    ///
    /// - Parameter windowLog: The window that was announced to the receiver, as a power of two.
    /// - Throws: `StreamError.compressionFailed`, which means a lack of memory.
    init(windowLog: Int) throws(StreamError) {
        control = try ZstdCompressor(
            windowLog: min(windowLog, CompressedBatch.controlWindowLogMaximum)
        )
        literals = try ZstdCompressor(windowLog: windowLog)
    }

    /// Compresses a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch as it was coded.
    ///   - effort: How hard to try; another than before starts the streams anew.
    ///   - lane: The number of this compressor, which the receiver must know.
    ///   - memory: Where the result goes.
    /// - Returns: The body of a COMPRESSED PAGES record, in that memory and the batch's.
    /// - Throws: `StreamError.compressionFailed`, which means a lack of memory.
    func compress(
        _ batch: CodedBatch,
        effort: CompressionEffort,
        lane: Int,
        into memory: CompressedMemory
    ) throws(StreamError) -> [UnsafeRawBufferPointer] {
        let sections = batch.sections
        let controlBytes = try control.compress(
            [sections.entries, sections.classes, sections.control],
            effort,
            into: memory.control
        )
        let literalBytes = try literals.compress(batch.literals, effort, into: memory.literals)
        CompressedBatch.writePrefix(
            controlByteCount: controlBytes.count,
            literalsByteCount: literalBytes.count,
            checksum: batch.checksum,
            lane: lane,
            to: memory.prefix
        )
        return [UnsafeRawBufferPointer(memory.prefix), sections.header, controlBytes, literalBytes]
    }
}

/// Memory for one compressed batch.
final class CompressedMemory {
    let prefix: UnsafeMutableRawBufferPointer
    let control: UnsafeMutableRawBufferPointer
    let literals: UnsafeMutableRawBufferPointer

    init() {
        prefix = .allocate(byteCount: CompressedBatch.prefixByteCount, alignment: 8)
        // The system gives memory only for what is used of them.
        let bound = ZSTD_compressBound(PageFormat.batchByteCountMaximum) + 64
        control = .allocate(byteCount: bound, alignment: 64)
        literals = .allocate(byteCount: bound, alignment: 64)
    }

    deinit {
        prefix.deallocate()
        control.deallocate()
        literals.deallocate()
    }
}

/// A zstd stream in pieces, each of which can be expanded as soon as it is there.
private struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer
    private let windowLog: Int
    private let content: UnsafeMutableRawBufferPointer
    private var effort: CompressionEffort?

    init(windowLog: Int) throws(StreamError) {
        guard let context = ZSTD_createCCtx() else { throw .compressionFailed("no memory") }
        self.context = context
        self.windowLog = windowLog
        // The system gives memory only for what is used of it.
        content = .allocate(byteCount: PageFormat.batchByteCountMaximum, alignment: 64)
    }

    deinit {
        ZSTD_freeCCtx(context)
        content.deallocate()
    }

    mutating func compress(
        _ pieces: [UnsafeRawBufferPointer],
        _ effort: CompressionEffort,
        into output: UnsafeMutableRawBufferPointer
    ) throws(StreamError) -> UnsafeRawBufferPointer {
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        if self.effort != effort {
            // zstd takes another level only with a new frame.
            if self.effort?.looksBack == true {
                try feed(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, &target)
            }
            try prepare(effort)
        }
        if effort.looksBack {
            for (index, piece) in pieces.enumerated() {
                try feed(piece, index == pieces.count - 1 ? ZSTD_e_flush : ZSTD_e_continue, &target)
            }
        } else {
            try writeFrame(pieces, &target)
        }
        return UnsafeRawBufferPointer(rebasing: output.prefix(target.pos))
    }

    /// Compresses the pieces from one place, which zstd searches faster than a ring of memory.
    private func writeFrame(
        _ pieces: [UnsafeRawBufferPointer],
        _ target: inout ZSTD_outBuffer
    ) throws(StreamError) {
        let source = pieces.count == 1 ? pieces[0] : gathered(pieces)
        guard !source.isEmpty else { return }
        let result = ZSTD_compress2(
            context,
            target.dst + target.pos,
            target.size - target.pos,
            source.baseAddress,
            source.count
        )
        try check(result)
        target.pos += result
    }

    private func gathered(_ pieces: [UnsafeRawBufferPointer]) -> UnsafeRawBufferPointer {
        var byteCount = 0
        for piece in pieces {
            UnsafeMutableRawBufferPointer(rebasing: content[byteCount...]).copyMemory(from: piece)
            byteCount += piece.count
        }
        return UnsafeRawBufferPointer(rebasing: content.prefix(byteCount))
    }

    private func feed(
        _ bytes: UnsafeRawBufferPointer,
        _ mode: ZSTD_EndDirective,
        _ target: inout ZSTD_outBuffer
    ) throws(StreamError) {
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var rest: Int
        repeat {
            rest = ZSTD_compressStream2(context, &target, &source, mode)
            try check(rest)
        } while source.pos < source.size || (mode != ZSTD_e_continue && rest > 0)
    }

    private mutating func prepare(_ effort: CompressionEffort) throws(StreamError) {
        self.effort = effort
        try check(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters))
        try check(
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(effort.level))
        )
        // The record has a checksum of its own.
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0))
        let windowLog = min(windowLog, effort.windowLogMaximum)
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, Int32(windowLog)))
        if let hashLog = effort.hashLog {
            // A table for a part of the window finds nearly all that one for the whole would.
            let hashLog = min(hashLog, windowLog - 2)
            try check(ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, Int32(hashLog)))
        }
        if let chainLog = effort.chainLog {
            try check(ZSTD_CCtx_setParameter(context, ZSTD_c_chainLog, Int32(chainLog)))
        }
        if let minMatch = effort.minMatch {
            try check(ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, Int32(minMatch)))
        }
        if effort.isLongDistance {
            try check(ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1))
        }
    }

    private func check(_ result: Int) throws(StreamError) {
        guard ZSTD_isError(result) == 0 else {
            throw .compressionFailed(String(cString: ZSTD_getErrorName(result)))
        }
    }
}
