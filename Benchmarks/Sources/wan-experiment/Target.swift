import ReportSupport

/// What the project promised of "all together", and whether the results keep it.
struct Target {
    /// What is measured, in words.
    let title: String
    /// The promise, in words.
    let promise: String
    /// Nothing if there are no results to tell.
    let verdict: Verdict?

    struct Verdict: Equatable {
        /// What came out, in words.
        let measured: String
        let isMet: Bool
    }

    /// All that is promised of guests that have results.
    static func all(_ results: ResultFile) -> [Target] {
        results.guests.flatMap { againstStock(results, $0) }
            + results.guests.flatMap { guest in
                WanLink.all.flatMap { againstCompressedStock(results, guest, $0) }
            }
            + results.guests.map { processor(results, $0) }
            + results.guests.flatMap { onFastLink(results, $0) } + [pauseLimit(results)]
    }

    /// How much less than stock over 100 Mb/s, of a guest whose name begins so.
    private static let savings = [
        (guest: "kbuild", quantity: Quantity.total, least: 0.75),
        (guest: "kbuild", quantity: Quantity.pause, least: 0.6),
        (guest: "java", quantity: Quantity.total, least: 0.5),
        (guest: "java", quantity: Quantity.pause, least: 0.4),
    ]

    private static let coreShareMaximum = 0.25
    private static let growthMaximum = 0.05
    /// A quotient of 1.05 less 1 is not 0.05 to the last bit.
    private static let roundingError = 1e-9
    private static let metShareMinimum = 0.95

    private static func againstStock(_ results: ResultFile, _ guest: String) -> [Target] {
        savings.filter { guest.hasPrefix($0.guest) }.map { saving in
            change(
                results,
                saving.quantity,
                guest,
                .slow,
                from: .stock,
                "at least \((100 * saving.least).fixed(0)) % less"
            ) { $0 <= -saving.least }
        }
    }

    private static func againstCompressedStock(
        _ results: ResultFile,
        _ guest: String,
        _ link: WanLink
    ) -> [Target] {
        [Quantity.total, .pause].map { quantity in
            change(results, quantity, guest, link, from: .compressedStock, "less") { $0 < 0 }
        }
    }

    private static func onFastLink(_ results: ResultFile, _ guest: String) -> [Target] {
        [Quantity.total, .pause].map { quantity in
            change(
                results,
                quantity,
                guest,
                .fast,
                from: .stock,
                "at most \((100 * growthMaximum).fixed(0)) % more"
            ) { $0 <= growthMaximum + roundingError }
        }
    }

    private static func change(
        _ results: ResultFile,
        _ quantity: Quantity,
        _ guest: String,
        _ link: WanLink,
        from base: MigrationMethod,
        _ promise: String,
        _ isMet: (Double) -> Bool
    ) -> Target {
        Target(
            title: "\(guest), \(link.title): \(quantity.key) against \(base.title)",
            promise: promise,
            verdict: results.change(quantity, guest, link, from: base).map {
                Verdict(measured: $0.signedPercent, isMet: isMet($0))
            }
        )
    }

    private static func processor(_ results: ResultFile, _ guest: String) -> Target {
        let link = WanLink.slow
        return Target(
            title: "\(guest), \(link.title): CPU of the save helper",
            promise: "under \((100 * coreShareMaximum).fixed(0)) % of a core",
            verdict: results.median(.coreShare, guest, link, .whole).map {
                Verdict(measured: "\((100 * $0).fixed(0)) %", isMet: $0 < coreShareMaximum)
            }
        )
    }

    private static func pauseLimit(_ results: ResultFile) -> Target {
        let moments = PauseLimit.all(results).flatMap(\.feasibleMoments)
        let metCount = moments.count(where: \.isMet)
        let share = Double(metCount) / Double(max(moments.count, 1))
        return Target(
            title: "max-pause=\(PauseLimit.milliseconds)ms, where it can be met",
            promise: "in at least \((100 * metShareMinimum).fixed(0)) % of the runs",
            verdict: moments.isEmpty
                ? nil
                : Verdict(
                    measured: "\(metCount) of \(moments.count) runs",
                    isMet: share >= metShareMinimum
                )
        )
    }
}

extension Double {
    /// A part as a change in percent: -0.5 is "-50 %".
    var signedPercent: String {
        (self > 0 ? "+" : "") + (100 * self).fixed(0) + " %"
    }
}
