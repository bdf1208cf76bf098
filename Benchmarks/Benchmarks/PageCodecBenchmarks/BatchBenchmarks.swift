internal import Benchmark
internal import CCompressors
internal import Glibc
internal import PageCodec

/// All page batches of a stream, coded one after the other, next to memcpy and general compressors
/// over the same pages.
func addBatchBenchmarks(_ file: RecordedStream.File) {
    let stream = { try RecordedStream(file) }
    addBenchmark("memcpy: \(file.name)", prepare: stream) { stream, _ in
        let target = Scratch.chunk
        return Throughput(of: stream.pageByteCount) {
            for batch in stream.batches {
                target.copyMemory(from: batch.pages, byteCount: batch.pageByteCount)
                blackHole(target)
            }
        }
    }
    for (residue, suffix) in [(BatchWriter.Residue.sent, ""), (.compressed, " for zstd")] {
        addBenchmark(
            "encode\(suffix): \(file.name)",
            prepare: { try WarmCodec(stream(), residue) },
            iterate: { codec, _ in try codec.encode() }
        )
        addBenchmark(
            "decode\(suffix): \(file.name)",
            prepare: { try WarmCodec(stream(), residue) },
            iterate: { codec, _ in try codec.decode() }
        )
    }
    addCompressor("lz4", file) { context, batch in
        LZ4_compress_default(
            batch.pages.assumingMemoryBound(to: CChar.self),
            Scratch.chunk.assumingMemoryBound(to: CChar.self),
            Int32(batch.pageByteCount),
            Int32(Scratch.byteCount)
        )
    }
    for level: Int32 in [1, 3] {
        addCompressor("zstd \(level)", file) { context, batch in
            ZSTD_compressCCtx(
                context,
                Scratch.chunk,
                Scratch.byteCount,
                batch.pages,
                batch.pageByteCount,
                level
            )
        }
    }
}

/// Compresses each batch, of at most 4 MiB, on its own.
private func addCompressor<Result>(
    _ name: String,
    _ file: RecordedStream.File,
    _ compress: @escaping (OpaquePointer?, RecordedStream.Batch) -> Result
) {
    addBenchmark(
        "\(name): \(file.name)",
        prepare: { (stream: try RecordedStream(file), context: ZSTD_createCCtx()) },
        iterate: { state, _ in
            Throughput(of: state.stream.pageByteCount) {
                for batch in state.stream.batches { blackHole(compress(state.context, batch)) }
            }
        }
    )
}
