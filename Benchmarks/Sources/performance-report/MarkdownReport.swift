import ReportSupport

/// The report as a document.
struct MarkdownReport {
    let report: Report

    /// The name of the plot, relative to the document.
    let plotName: String

    var text: String {
        let sections = introduction + oneCore + allCores + links + kernels
        return String(sections.dropLast())
    }

    private var introduction: String {
        let machine = report.machine
        return heading(1, "Performance")
            + paragraph(
                """
                Written by `make bench`; do not edit. Measured on \(machine.date) on
                \(machine.description).
                """
            )
            + paragraph(
                """
                The streams were recorded from live migrations. MB and GB are 10^6 and 10^9 bytes;
                GB/s are of the stock stream or of its pages, whatever they become. Methods that are
                compared ran in turn, \(times(report.repetitionCount)), each time in another order; medians
                are shown.
                """
            )
    }

    private var oneCore: String {
        heading(2, "Whole streams on one core")
            + "![Bytes sent against CPU time, by method](\(plotName))\n\n"
            + paragraph(
                """
                From a file in the page cache to `/dev/null`, all threads on one core. CPU is user
                and system time, the start of the process included; GB/s go by the clock; MiB are
                the peak resident set. `cat` is what remains when nothing is computed. `lz4` and
                `zstd` are Debian's programs over the stock stream, with the options named and their
                defaults: `zstd` reads and writes in threads of their own. Before it was timed, what
                each method made was decoded and compared with the stream.
                """
            )
            + report.streams.map { wholeStream($0.file, $0.onOneCore) }.joined()
            + heading(3, "The limit")
            + paragraph(
                """
                What it takes to go through the same bytes once, in GB/s, within one process that
                has started already.
                """
            )
            + copies
    }

    private var allCores: String {
        heading(2, "Whole streams on all cores")
            + paragraph("The same, with a number of threads.")
            + report.streams.map { wholeStream($0.file, $0.onAllCores) }.joined()
    }

    private func wholeStream(_ file: StreamFile, _ measurements: [StreamMeasurement]) -> String {
        var table = MarkdownTable([
            "Method", "bytes", "% of stock", "encode: CPU s", "GB/s", "MiB", "decode: CPU s",
            "GB/s", "MiB",
        ])
        for measurement in measurements {
            let share = Double(measurement.encodedByteCount) / Double(file.byteCount)
            table.append(
                [
                    "`\(measurement.method.name)`", measurement.encodedByteCount.grouped,
                    (100 * share).fixed(1),
                ] + cells(measurement.encode, file)
                    + (measurement.decode.map { cells($0, file) } ?? ["", "", ""])
            )
        }
        return heading(3, "\(file.name), \(file.byteCount.grouped) bytes") + table.text
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
            let cells = report.streams.map { stream in
                let seconds = stream.copies.first { $0.kind == kind }?.seconds ?? .nan
                return (Double(stream.file.byteCount) / seconds / 1e9).threeDigits
            }
            table.append([kind.rawValue] + cells)
        }
        return table.text
    }

    private var links: String {
        heading(2, "Through a link")
            + paragraph(
                """
                `cloudnet encode`, and `zstd` over the stock stream, into a pipe from which a reader
                takes no more than a link would carry (a token bucket, filled every 2 ms). Seconds are
                from the start of the encoder until the last byte was through; CPU is user and system
                time of all its threads, more than without a link, since nothing stays in the
                processor's caches while it waits. Two links change their rate, in MB/s, at a time
                after the start. The link with 2 MB/s was run once, the others
                \(times(report.repetitionCount)).
                """
            )
            + report.streams.map { stream in
                heading(3, stream.file.name)
                    + links(stream, "seconds") { $0.process.wallSeconds.fixed(2) }
                    + links(stream, "MB sent") { (Double($0.byteCount) / 1e6).fixed(1) }
                    + links(stream, "CPU s") { $0.process.cpuSeconds.fixed(2) }
            }.joined()
    }

    /// A row per method, a column per link.
    private func links(
        _ stream: Report.Stream,
        _ head: String,
        _ cell: (LinkMeasurement) -> String
    ) -> String {
        var table = MarkdownTable([head] + stream.links.map(\.scenario.link.name))
        var names: [String] = []
        for method in stream.links.flatMap(\.scenario.methods) where !names.contains(method.name) {
            names.append(method.name)
        }
        for name in names {
            let cells = stream.links.map { link in
                link.results.first { $0.method.name == name }.map(cell) ?? ""
            }
            table.append(["`\(name)`"] + cells)
        }
        return table.text
    }

    private var kernels: String {
        heading(2, "Inside the page codec")
            + paragraph(
                """
                Measured by `Benchmarks/Benchmarks/PageCodecBenchmarks`, in process, on one core:
                \(report.kernelRoundCount == 1 ? "one round" : "\(report.kernelRoundCount) rounds")
                over all benchmarks. A page counts whole, even if a kernel looks at its first bytes
                only; memcpy copies the same pages to 4 MiB that are used again.
                """
            )
            + paragraph(
                """
                Kernels go through up to 64 MiB of pages from the streams. A rewritten page has few
                changes if at most 64 of its 512 words differ from the version sent before.
                """
            )
            + table(report.kernels.kernels)
            + paragraph(
                """
                Batches: all pages of a stream. The caches of encoder and decoder are full of other
                pages at the start; lz4 and zstd, the libraries, take each batch of at most 4 MiB on
                its own.
                """
            )
            + report.kernels.batches.map { table($0.rows) }.joined()
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

    private func times(_ count: Int) -> String {
        count == 1 ? "once" : "\(count) times"
    }
}
