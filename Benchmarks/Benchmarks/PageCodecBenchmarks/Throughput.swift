internal import Benchmark

extension BenchmarkMetric {
    /// Guest memory gone through, in megabytes (10^6 bytes) per second.
    static let megabytesPerSecond = BenchmarkMetric.custom(
        "MB/s",
        polarity: .prefersLarger,
        useScalingFactor: false
    )
}

/// How long some work on guest memory took.
struct Throughput {
    let byteCount: Int
    let duration: Duration

    /// Does the work and looks at the clock.
    init(of byteCount: Int, _ work: () throws -> Void) rethrows {
        self.byteCount = byteCount
        duration = try ContinuousClock().measure(work)
    }

    var megabytesPerSecond: Int {
        Int(Double(byteCount) / (duration / .microseconds(1)))
    }
}

/// Adds a benchmark that is measured by its throughput.
///
/// - Parameters:
///   - name: What is done, a colon, and to what; no commas, which separate fields in results.
///   - prepare: Makes what the iterations need; not measured.
///   - iterate: Does one iteration, of which only the throughput that it returns counts.
func addBenchmark<State>(
    _ name: String,
    prepare: @escaping () throws -> State,
    iterate: @escaping (State, _ iteration: Int) throws -> Throughput
) {
    Benchmark(
        name,
        closure: { benchmark, state in
            let throughput = try iterate(state, benchmark.currentIteration)
            benchmark.measurement(.megabytesPerSecond, throughput.megabytesPerSecond)
        },
        setup: prepare
    )
}
