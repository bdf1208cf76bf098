internal import Benchmark
internal import PageCodec

/// What changed between two versions of a page, coded and applied again.
func addDeltaBenchmarks(_ files: [RecordedStream.File]) {
    for difference in Difference.allCases {
        for change in RewrittenPages.Change.allCases {
            addBenchmarks(difference, change, files)
        }
    }
}

private func addBenchmarks(
    _ difference: Difference,
    _ change: RewrittenPages.Change,
    _ files: [RecordedStream.File]
) {
    addBenchmark(
        "\(difference.rawValue) encode: \(change.rawValue)",
        prepare: { (try RewrittenPages(change, in: files), CodedChunk(difference)) },
        iterate: { (state: (pages: RewrittenPages, coded: CodedChunk), iteration) in
            let chunk = state.pages.new.chunk(iteration)
            return Throughput(of: chunk.pageByteCount) {
                state.coded.encode(state.pages, chunk)
                blackHole(state.coded)
            }
        }
    )
    addBenchmark(
        "\(difference.rawValue) apply: \(change.rawValue)",
        prepare: {
            let pages = try RewrittenPages(change, in: files)
            let chunks = pages.new.chunks.map { chunk in
                let coded = CodedChunk(difference)
                coded.encode(pages, chunk)
                return coded
            }
            return (pages, chunks)
        },
        iterate: { (state: (pages: RewrittenPages, chunks: [CodedChunk]), iteration) in
            let coded = state.chunks[iteration % state.chunks.count]
            return try Throughput(of: coded.indices.count * PageFormat.pageByteCount) {
                try coded.apply(state.pages)
                blackHole(Scratch.chunk)
            }
        }
    )
}
