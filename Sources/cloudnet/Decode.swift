internal import ArgumentParser
internal import MigrationStream
internal import PageCodec
internal import PosixIO

/// `cloudnet decode`: an extended stream becomes a stock one again.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn an extended stream back into the libxc stream, byte for byte.",
        discussion: "A summary of page classes and bytes goes to standard error."
    )

    @Option(
        help: """
            How many threads decode, \(ThreadsOption.range); by default \(ThreadsOption.automatic).
            """
    )
    var threads: Int?

    @Argument(help: "The extended stream; '-' is standard input.")
    var input = "-"

    @Argument(help: "Where the libxc stream goes; '-' is standard output.")
    var output = "-"

    func validate() throws {
        try ThreadsOption.validate(threads)
    }

    func run() throws {
        let summary = try withStreams(from: input, to: output) { source, sink in
            let decoder = StreamDecoder(
                from: source,
                to: sink,
                cacheByteCountMaximum: AvailableMemory.byteCountForCache(),
                threads: ThreadsOption.count(threads)
            )
            _ = try decoder.run(acceptsStockStream: false)
            return decoder.statistics.description
        }
        StandardError.writeLine("cloudnet: decoded \(summary)")
    }
}
