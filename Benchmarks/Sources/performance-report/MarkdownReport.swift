/// The report as a document.
struct MarkdownReport {
    let report: Report

    /// The name of the plot, relative to the document.
    let plotName: String

    var text: String {
        let machine = report.machine
        var text = """
            # Performance

            Written by `make bench`; do not edit. Measured on \(machine.date) on a machine with \
            \(machine.coreCount) cores
            (\(machine.processor)), \(machine.memoryGibibytes.fixed(1)) GiB of memory and Linux \
            \(machine.kernel), with zstd \(machine.zstd) and lz4 \(machine.lz4).

            The streams were recorded from live migrations. MB and GB are 10^6 and 10^9 bytes, of \
            the stock
            stream unless a column says otherwise. Methods that are compared ran in turn, \
            \(report.repetitionCount)
            times; medians are shown.

            ## Whole streams

            ![Bytes sent against CPU time, by method](\(plotName))

            The whole program on one core, from a file in the page cache to `/dev/null`. CPU is \
            user and system
            time of all threads, the start of the process included; memory is the peak resident \
            set. `zstd` and
            `lz4` are Debian's programs over the stock stream with the options named and nothing \
            else; `zstd`
            reads and writes in threads of their own by default, which here share the core.


            """
        for stream in report.streams { text += wholeStream(stream) }
        text += """
            ### The limit

            What it takes to go through the same bytes once, within one process and without its \
            start.


            """
        text += copies
        text += """
            ## Threads

            `cloudnet encode` on all cores.


            """
        for stream in report.streams { text += threads(stream) }
        text += """
            ## Through a link

            `cloudnet encode` into a pipe from which a reader takes no more than a link would \
            carry (a token
            bucket, filled every 2 ms). Seconds from the start of the encoder until the last byte \
            was through.
            Links below 200 MB/s and those that change were run once, the others \
            \(report.repetitionCount) times.


            """
        for stream in report.streams { text += links(stream) }
        text += kernels
        return text
    }

    private func wholeStream(_ stream: Report.Stream) -> String {
        var table = MarkdownTable([
            "Method", "bytes", "% of stock", "encode: CPU s", "GB/s", "MiB", "decode: CPU s",
            "GB/s", "MiB",
        ])
        for measurement in stream.methods {
            let share = Double(measurement.encodedByteCount) / Double(stream.file.byteCount)
            table.append(
                [
                    "`\(measurement.method.name)`", measurement.encodedByteCount.grouped,
                    (100 * share).fixed(1),
                ] + cells(measurement.encode, stream.file)
                    + (measurement.decode.map { cells($0, stream.file) } ?? ["", "", ""])
            )
        }
        return "### \(stream.file.name), \(stream.file.byteCount.grouped) bytes\n\n"
            + table.text + "\n"
    }

    private func cells(_ direction: StreamMeasurement.Direction, _ file: StreamFile) -> [String] {
        [
            direction.process.cpuSeconds.fixed(2),
            (Double(file.byteCount) / direction.process.wallSeconds / 1e9).threeDigits,
            "\(direction.peakMemoryByteCount >> 20)",
        ]
    }

    private var copies: String {
        var table = MarkdownTable(["GB/s"] + report.streams.map(\.file.name))
        for kind in MemoryCopy.Kind.allCases {
            table.append(
                [kind.rawValue]
                    + report.streams.map { stream in
                        let seconds = stream.copies.first { $0.kind == kind }?.seconds ?? .nan
                        return (Double(stream.file.byteCount) / seconds / 1e9).threeDigits
                    }
            )
        }
        return table.text + "\n"
    }

    private func threads(_ stream: Report.Stream) -> String {
        var table = MarkdownTable(["Method", "seconds", "CPU s", "GB/s"])
        for measurement in stream.threads {
            let seconds = measurement.process.wallSeconds
            table.append([
                "`\(measurement.method.name)`", seconds.fixed(2),
                measurement.process.cpuSeconds.fixed(2),
                (Double(stream.file.byteCount) / seconds / 1e9).threeDigits,
            ])
        }
        return "### \(stream.file.name)\n\n" + table.text + "\n"
    }

    private func links(_ stream: Report.Stream) -> String {
        let seconds = links(stream, "seconds") { $0.process.wallSeconds.fixed(2) }
        let megabytes = links(stream, "MB sent") { (Double($0.byteCount) / 1e6).fixed(1) }
        return "### \(stream.file.name)\n\n" + seconds + "\n" + megabytes + "\n"
    }

    /// A row per method, a column per link.
    private func links(
        _ stream: Report.Stream,
        _ head: String,
        _ cell: (LinkMeasurement) -> String
    ) -> String {
        var table = MarkdownTable([head] + stream.links.map(\.scenario.link.name))
        var names: [String] = []
        for result in stream.links.flatMap(\.results) where !names.contains(result.method.name) {
            names.append(result.method.name)
        }
        for name in names {
            table.append(
                ["`\(name)`"]
                    + stream.links.map { link in
                        link.results.first { $0.method.name == name }.map(cell) ?? ""
                    }
            )
        }
        return table.text
    }

    private var kernels: String {
        var text = """
            ## Inside the page codec

            Measured by `Benchmarks/Benchmarks/PageCodecBenchmarks`, in process and on one core: \
            medians of
            \(report.kernelRoundCount) rounds over all benchmarks. GB are bytes of pages, whatever \
            the kernel skips of them; memcpy copies
            the same pages to 4 MiB that are used again.

            Kernels go through 64 MiB of pages from the streams. A rewritten page has few changes \
            if at most 64 of
            its 512 words differ from the version sent before.


            """
        text += table(report.kernels.kernels)
        text += """

            Batches: all pages of a stream. The caches of encoder and decoder are full of other \
            pages at the
            start; lz4 and zstd, the libraries, take each batch of at most 4 MiB on its own.

            """
        for (_, rows) in report.kernels.batches { text += "\n" + table(rows) }
        return text
    }

    private func table(_ rows: [KernelResults.Row]) -> String {
        var table = MarkdownTable(["Work", "GB/s", "of memcpy"])
        for row in rows {
            table.append([
                "\(row.work): \(row.subject)", row.gigabytesPerSecond.threeDigits,
                row.shareOfMemcpy.threeDigits,
            ])
        }
        return table.text
    }
}
