internal import ArgumentParser
internal import MigrationStream
internal import PosixIO

/// What `--threads` means, for all commands that have it.
enum ThreadsOption {
    static let range = "\(ThreadCount.range.lowerBound) to \(ThreadCount.range.upperBound)"
    static let automatic = "one per processor, at most four"

    static func validate(_ threads: Int?) throws {
        guard let threads, ThreadCount(threads) == nil else { return }
        throw ValidationError("--threads must be from \(range).")
    }

    static func count(_ threads: Int?) -> ThreadCount {
        threads.flatMap(ThreadCount.init)
            ?? .default(processorCount: Processors.usableCount)
    }
}
