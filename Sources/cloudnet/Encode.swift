internal import ArgumentParser
internal import MigrationStream
internal import PageCodec
internal import PosixIO

/// `cloudnet encode`: a stock stream becomes an extended one.
struct Encode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn a recorded libxc stream into an extended one.",
        discussion: "A summary of page classes and bytes goes to standard error."
    )

    @Option(help: "The memory for the page cache, in MiB, at both ends.")
    var cacheMib: Int?

    // A level may be negative, which looks like an option.
    @Option(
        parsing: .unconditional,
        help: "How hard to compress what the page classes leave: \(Compression.expectation)."
    )
    var compression = "3"

    @Option(
        help: """
            How many threads encode, \(ThreadsOption.range); by default one with a LEVEL, as with \
            zstd, else \(ThreadsOption.automatic).
            """
    )
    var threads: Int?

    @Argument(help: "The libxc stream; '-' is standard input.")
    var input = "-"

    @Argument(help: "Where the extended stream goes; '-' is standard output.")
    var output = "-"

    func validate() throws {
        guard Compression(compression) != nil else {
            throw ValidationError("--compression must be \(Compression.expectation).")
        }
        try ThreadsOption.validate(threads)
        guard let cacheMib else { return }
        guard CacheSize(mebibytes: cacheMib) != nil else {
            let range = CacheSize.mebibyteRange
            throw ValidationError(
                "--cache-mib must be from \(range.lowerBound) to \(range.upperBound)."
            )
        }
    }

    func run() throws {
        let compression = Compression(compression) ?? .level(3)
        let cacheSize = cacheMib.flatMap(CacheSize.init(mebibytes:)) ?? .offlineDefault
        let summary = try withStreams(from: input, to: output) { source, sink in
            let encoder = try StreamEncoder(
                from: source,
                to: sink,
                cacheSize: cacheSize,
                compression: compression,
                threads: threadCount(compression)
            )
            try encoder.run()
            return encoder.statistics.description
        }
        StandardError.writeLine("cloudnet: encoded \(summary)")
    }
    /// Who names a level wants to spend no more than that takes: threads that share a processor's
    /// core take up to a fifth more processor time together.
    private func threadCount(_ compression: Compression) -> ThreadCount {
        if threads == nil, case .level = compression { return .one }
        return ThreadsOption.count(threads)
    }
}
