internal import Benchmark

/// What the benchmark plugin runs: the page codec, and what it is compared with, over the same
/// bytes.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.megabytesPerSecond],
        warmupIterations: 1,
        maxDuration: .milliseconds(500)
    )
    do {
        let streams = try RecordedStream.compressedFiles()
        addKernelBenchmarks(streams)
        addDeltaBenchmarks(streams)
        for stream in streams { addBatchBenchmarks(stream) }
    } catch {
        fatalError("\(error)")
    }
}
