import ReportSupport

/// The results as a document.
struct WanDocument {
    let results: ResultFile
    /// The other half of the experiment, if it was made.
    let emulated: EmulatedHosts?
    /// The names of the plots, relative to the document.
    let plotNames: [String]

    var text: String {
        let plots =
            heading(2, "Plots")
            + paragraph("Bars are medians, the thin lines go from the least to the most.")
            + plotNames.map { "![Bars by guest, link and method](\($0))\n\n" }.joined()
        let sections =
            introduction + targets + methods + againstStock + pauseLimits + onEmulatedHosts + plots
            + scenarios
        return String(sections.dropLast())
    }

    private var introduction: String {
        heading(1, "The WAN experiment")
            + paragraph(
                """
                Written by `make wan` from `wan-experiment.csv`; do not edit. The real helpers
                migrate a simulated guest over an emulated link, all on one machine, at native speed.
                The guest is a recorded stream that is played as memory and writes over time; its
                rounds, batches and stop follow libxenguest 4.17. The link has a rate, a delay of half
                the round-trip time, and no other traffic; TCP's slow start is not emulated. libxl is
                played by the driver, which answers at once: devices and toolstack take no time.
                """
            )
            + conditions
            + paragraph(
                """
                Methods took turns in random order. Tables show medians, with the least and the most
                of all runs in brackets. MB are 10^6 bytes, MiB 2^20. Total is from the start of
                `xc_domain_save` until the process of the restore helper was gone, for which libxl waits
                before it starts the guest; the pause from the save helper's wish to suspend the guest
                until then. Where the conditions say so, it was until that helper called itself
                complete. The link's share is
                the bytes over what its rate allows in that time: near 100 the migration waited for the
                link only. Rounds count the one of the paused guest. MiB
                is the peak resident set of the helper, at the source with the simulated guest.
                """
            )
            + paragraph(
                """
                CPU is user and system time of the helper process, from its start to its end, and of
                `zstd` where there is one. At the source, the simulated guest lives in the helper's
                process; what it takes there by its own account is subtracted, from all methods alike:
                reading the trace, the guest's writes, the content of its pages, their way in and out of
                memory, and the log-dirty bitmap. So nothing stands for the hypercalls that map a real
                guest's pages. The rest of libxenguest's work is counted: making batches, writing and
                reading the stream. So is the whole helper, but for what its memory takes when it is
                given back, by another process: a millisecond for each 10 MB.
                """
            )
    }

    private var conditions: String {
        guard results.conditions.count > 1 else {
            return results.conditions.map { paragraph($0) }.joined()
        }
        return paragraph("Not everything was measured at the same time; tables name one of these:")
            + results.conditions.enumerated().map { index, condition in
                paragraph("(\(index + 1)) " + condition)
            }.joined()
    }

    private var targets: String {
        var table = MarkdownTable(["What, by the medians", "wanted", "measured", ""])
        for target in Target.all(results) {
            guard let verdict = target.verdict else { continue }
            table.append([
                target.title, target.promise, verdict.measured, verdict.isMet ? "met" : "NOT MET",
            ])
        }
        return heading(2, "What was promised")
            + paragraph("Of all together, the default of the helpers.") + table.text
    }

    private var methods: String {
        var table = MarkdownTable(["Method", "helper and its settings"])
        for method in MigrationMethod.all + [.limitedPause] {
            let filter = method.filters.map { filters in
                ", `\(filters.source.joined(separator: " "))` before the link and "
                    + "`\(filters.target.joined(separator: " "))` behind it"
            }
            table.append([method.title, method.commandText + (filter ?? "")])
        }
        return heading(2, "Methods") + table.text
            + paragraph(
                """
                Where `CLOUDNET_STREAM` is not `stock`, zero and unchanged pages are always left out.
                `SIMULATED_XEN_RULE=paper` stops below 50 dirty pages, after 30 rounds, or when three
                times the memory was sent, as Xen did when the paper was written. `zstd` gathers what it compresses, and what stands in its buffers leaves when
                the helper ends the stream: the program has no way to flush earlier.
                """
            )
    }

    private var againstStock: String {
        var table = MarkdownTable([
            "All together", "total, of stock", "of zstd -1", "pause, of stock", "of zstd -1",
            "bytes, of stock", "of zstd -1",
        ])
        forEachPlace { guest, link in
            let cells = [Quantity.total, .pause, .bytes].flatMap { quantity in
                [MigrationMethod.stock, .compressedStock].map { base in
                    results.change(quantity, guest, link, from: base)?.signedPercent ?? ""
                }
            }
            table.append(["\(guest), \(link.title)"] + cells)
        }
        return heading(2, "All together, against stock")
            + paragraph("How much less or more it took, by the medians.") + table.text
    }

    private var pauseLimits: String {
        let limits = PauseLimit.all(results)
        guard !limits.isEmpty else { return "" }
        var table = MarkdownTable(
            [
                "max-pause=\(PauseLimit.milliseconds)ms", "moments", "without it s", "with it s",
                "short enough without it", "of those, within it", "total s",
            ] + conditionHeads
        )
        for limit in limits {
            let pauses = [limit.moments.map(\.freeSeconds), limit.moments.map(\.limitedSeconds)]
            table.append(
                ["\(limit.guest), \(limit.link.title)", "\(limit.moments.count)"]
                    + pauses.map { Spread($0).map(cell) ?? "" }
                    + [
                        "\(limit.feasibleMoments.count)",
                        "\(limit.feasibleMoments.count(where: \.isMet))",
                        limit.totalSeconds.threeDigits,
                    ] + conditionCells(limit.guest, limit.link, [.freePause, .limitedPause])
            )
        }
        return heading(2, "A limit for the pause")
            + paragraph(
                """
                Each guest begins to move at several moments of its trace, each
                \(MigrationMethod.limitedPause.startStepSeconds.fixed(1)) s after the one before, once
                without a limit and once with it. The limit counts as one that can be met at the
                moments where the pause is shorter even without it. Elsewhere the choice is
                `when-unmet=stop`: the helper looks for a short pause, takes it, and says that it is
                longer.
                """
            ) + table.text
    }

    private var onEmulatedHosts: String {
        guard let emulated else { return "" }
        return heading(2, "Two emulated hosts")
            + paragraph(
                """
                From `wan-xen.csv`, which `make wan-xen` writes: `xl migrate` over ssh between two
                emulated hosts with the real Xen, of a busy guest of 128 MiB, over a link of 8 Mb/s and
                26 ms made with `tc netem` in dom0. The processor is emulated, too, 20 to 50 times
                slower than a real one, and the link is as slow. The pause is the longest gap between
                the guest's own ticks. More in [testbed.md](testbed.md).
                """
            ) + emulated.table.text
    }

    private var scenarios: String {
        var text = ""
        forEachPlace { guest, link in
            var table = MarkdownTable(
                [
                    "Method", "runs", "total s", "pause s", "MB", "link %", "rounds",
                    "source CPU s", "% of a core", "target CPU s", "source MiB", "target MiB",
                ] + conditionHeads
            )
            for method in MigrationMethod.all {
                let measurements = results[guest, link, method]
                guard !measurements.isEmpty else { continue }
                func median(_ value: (MigrationMeasurement) -> Double) -> Double {
                    measurements.map(value).median
                }
                table.append(
                    [
                        method.title, "\(measurements.count)", cell(.total, measurements),
                        cell(.pause, measurements), cell(.bytes, measurements),
                        median { 100 * link.usage(by: $0) }.fixed(0),
                        median { Double($0.roundCount) }.fixed(0),
                        median(\.sourceCPUSeconds).fixed(2),
                        median { 100 * $0.sourceCPUSeconds / $0.totalSeconds }.fixed(0),
                        median(\.targetCPUSeconds).fixed(2),
                        median { Double($0.sourceMemoryByteCount >> 20) }.fixed(0),
                        median { Double($0.targetMemoryByteCount >> 20) }.fixed(0),
                    ] + conditionCells(guest, link, [method])
                )
            }
            text += heading(2, "\(guest), \(link.title)") + table.text
        }
        return text
    }

    /// The head of a column that says what was measured when, if that is not the same for all.
    private var conditionHeads: [String] { results.conditions.count > 1 ? ["measured"] : [] }

    /// Its cell: the numbers that the introduction gives to the conditions of some methods.
    private func conditionCells(
        _ guest: String,
        _ link: WanLink,
        _ methods: [MigrationMethod]
    ) -> [String] {
        let indices = methods.flatMap { method in
            results.conditionIndices(
                of: Scenario(guest: guest, link: link.key, method: method.key)
            )
        }
        let numbers = Set(indices).sorted().map { "(\($0 + 1))" }.joined(separator: " ")
        return conditionHeads.map { _ in numbers }
    }

    /// The median, with the ends if there were several runs.
    private func cell(_ quantity: Quantity, _ measurements: [MigrationMeasurement]) -> String {
        guard let spread = Spread(measurements, quantity) else { return "" }
        return measurements.count > 1 ? cell(spread) : spread.median.threeDigits
    }

    private func cell(_ spread: Spread) -> String {
        "\(spread.median.threeDigits) (\(spread.least.threeDigits)–\(spread.most.threeDigits))"
    }

    /// Goes over all guests and links that have results.
    private func forEachPlace(_ body: (String, WanLink) -> Void) {
        for guest in results.guests {
            for link in WanLink.all {
                let hasResults = MigrationMethod.all.contains { method in
                    !results[guest, link, method].isEmpty
                }
                if hasResults { body(guest, link) }
            }
        }
    }
}
