internal import ArgumentParser
internal import MigrationStream
internal import PosixIO

/// What `--threads` means, for all commands that have it.
enum ThreadsOption {
    static let expectation =
        "\(ThreadCount.range.lowerBound) to \(ThreadCount.range.upperBound); "
        + "by default one per processor, at most four"

    static func validate(_ threads: Int?) throws {
        guard let threads, ThreadCount(threads) == nil else { return }
        throw ValidationError(
            "--threads must be from \(ThreadCount.range.lowerBound) to "
                + "\(ThreadCount.range.upperBound)."
        )
    }

    static func count(_ threads: Int?) -> ThreadCount {
        threads.flatMap(ThreadCount.init)
            ?? .default(processorCount: Processors.usableCount)
    }
}
