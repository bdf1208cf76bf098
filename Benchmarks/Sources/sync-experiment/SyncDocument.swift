import ArrivalModel
import ReportSupport

/// The results as a document.
struct SyncDocument {
    let results: GroupResults
    /// The name of the plot, relative to the document.
    let plotName: String

    var text: String {
        let sections = introduction + methods + promises + clients + scenarios
        return String(sections.dropLast())
    }

    private var introduction: String {
        heading(1, "Synchronized Arrival")
            + paragraph(
                """
                Written by `make sync` from `synchronized-arrival.csv`; do not edit. The real helpers
                and the real coordinator move groups of simulated guests ([simulated-xen.md]\
                (simulated-xen.md)) over one emulated link of \(SharedLink.title), which all members
                share fairly, on one machine, at native speed. All saves of a group start together. libxl is played by the
                driver, which answers at once: devices and toolstack take no time.
                """
            )
            + results.conditions.map { paragraph($0) }.joined()
            + paragraph(
                """
                Guests are recorded ones, kbuild-256 (a kernel build in 256 MiB) and oltp-320 (a database in 320 MiB). A
                larger guest is made of copies of one, each with its own content and at another place
                of its loop of writes; all copies together write as many pages per second as one
                recorded guest would alone.
                """
            )
    }

    private var methods: String {
        var table = MarkdownTable(["Method", "what it is"])
        for method in GroupMethod.all {
            table.append([
                method.title,
                method.description.split(separator: "\n").joined(separator: " "),
            ])
        }
        return heading(2, "Methods") + table.text
            + paragraph(
                """
                Tables show medians of all runs, with the least and the most in brackets. MB are 10^6
                bytes, as they came out of the link. Total is from the start of the first save until the last member
                was complete at the target. The skew of suspensions is the time between the first and
                the last member's wish to be suspended, that of arrivals between the first and the
                last to be complete at the target. Extra bytes are those of the medians. While the
                group is split, all members run, but not all at one place.
                """
            )
    }

    private var promises: String {
        var table = MarkdownTable([
            "Holding", "skew of suspensions, ms", "kept", "extra bytes", "kept",
        ])
        for scenario in GroupScenario.all {
            guard let promise = Promise(scenario, results) else { continue }
            table.append([
                scenario.title, cell(promise.skewMilliseconds), verdict(promise.isSkewKept),
                percent(promise.extra), verdict(promise.isExtraKept),
            ])
        }
        return heading(2, "What was promised")
            + paragraph(
                """
                In each run the suspensions are at most \((1000 * Promise.skewSeconds).fixed(0)) ms
                and the time of a batch apart (1024 pages over this link, uncompressed:
                \((1000 * Promise.batchSeconds).fixed(0)) ms), and the median of what is sent is less than
                \((100 * Promise.extraShare).fixed(0)) % above that of unsynchronised members.
                """
            ) + table.text
    }

    private func verdict(_ isKept: Bool) -> String { isKept ? "yes" : "**no**" }

    private func percent(_ share: Double) -> String {
        (share > 0 ? "+" : "") + (100 * share).fixed(1) + " %"
    }

    private var clients: String {
        let model = GroupMeasurement.model
        let milliseconds = { (seconds: Double) in (seconds * 1000).fixed(0) }
        var table = MarkdownTable([
            "Method", "mean while it moves, ms", "mean of the switchover, ms", "longest, ms",
            "split, s", "paused, s",
        ])
        for method in GroupMethod.all {
            let runs = results.runs(.tiers, method)
            guard !runs.isEmpty else { continue }
            table.append([
                method.title,
                cell(runs) { $0.responses.mean * 1000 },
                cell(runs) { $0.switchoverResponses.mean * 1000 },
                cell(runs) { ($0.responses.max() ?? 0) * 1000 },
                cell(runs) { $0.arrival?.splitSeconds ?? 0 },
                cell(runs) { $0.arrival?.pausedSeconds ?? 0 },
            ])
        }
        return heading(2, "What clients notice")
            + paragraph(
                """
                This is a model, not a measurement; the times of pauses and arrivals that go into it
                are measured. A request takes \(milliseconds(model.baseSeconds)) ms while both tiers
                are at one place, as in the paper (section VI-J). Its tiers call each other
                \(model.callCount.fixed(0)) times, and while they are split each call takes a round
                trip of \(milliseconds(model.roundTripSeconds)) ms more: that makes the
                \(milliseconds(model.splitSeconds)) ms of a split request come close to the paper's
                395 ms. While a tier is paused nothing goes on, and requests wait for the end of the
                pause. A request comes each \(milliseconds(GroupMeasurement.requestInterval)) ms,
                and requests do not wait for each other. The switchover is from the first suspension
                to the last arrival.
                """
            ) + table.text
            + paragraph(
                """
                The run with the median total time: where the tiers are, and the mean response time
                of the requests of each half second, from 10 ms to 10 s on a logarithmic scale.
                """
            )
            + "![Tiers and response times by method](\(plotName))\n\n"
    }

    private var scenarios: String {
        GroupScenario.all.map { section($0) }.joined()
    }

    private func section(_ scenario: GroupScenario) -> String {
        var table = MarkdownTable([
            "Method", "runs", "skew of suspensions, ms", "of arrivals, ms", "MB", "extra bytes",
            "total, s", "longest pause, s", "split, s", "rounds",
        ])
        let base = results.runs(scenario, .unsynchronized).map { Double($0.byteCount) }
        for method in GroupMethod.all {
            let runs = results.runs(scenario, method)
            guard !runs.isEmpty else { continue }
            let bytes = runs.map { Double($0.byteCount) }.median
            let extra = base.isEmpty ? "" : percent(bytes / base.median - 1)
            table.append([
                method.title, "\(runs.count)",
                cell(runs) { 1000 * ($0.arrival?.suspendSkewSeconds ?? 0) },
                cell(runs) { 1000 * ($0.arrival?.arrivalSkewSeconds ?? 0) },
                cell(runs) { Double($0.byteCount) / 1e6 },
                method.pacing == nil ? "" : extra,
                cell(runs) { $0.totalSeconds },
                cell(runs) { $0.longestPauseSeconds },
                cell(runs) { $0.arrival?.splitSeconds ?? 0 },
                runs[0].members.indices.map { index in
                    runs.map { Double($0.members[index].roundCount) }.median.fixed(0)
                }.joined(separator: ", "),
            ])
        }
        let members = scenario.members.map { "\($0.name) (\($0.guest) × \($0.tileCount))" }
        let hasRuns = GroupMethod.all.contains { !results.runs(scenario, $0).isEmpty }
        return hasRuns
            ? heading(2, scenario.title)
                + paragraph("Members: " + members.joined(separator: ", ") + ".") + table.text
            : ""
    }

    /// The median, with the ends if there were several runs.
    private func cell(
        _ runs: [GroupMeasurement],
        _ value: (GroupMeasurement) -> Double
    ) -> String {
        Spread(runs.map(value)).map { cell($0) } ?? ""
    }

    private func cell(_ spread: Spread) -> String {
        guard spread.least < spread.most else { return spread.median.threeDigits }
        return "\(spread.median.threeDigits) "
            + "(\(spread.least.threeDigits)–\(spread.most.threeDigits))"
    }
}
