import StopPolicy
import TestSupport

/// Noise that depends on nothing but the time: whoever looks at a moment sees the same.
struct Noise {
    /// It changes after so long.
    var slotSeconds: Double
    var seed: UInt64

    /// Between 0 and 1, each as likely.
    func uniform(at time: Double) -> Double {
        let slot = UInt64(max(0, time / slotSeconds))
        var generator = SeededGenerator(seed: seed &+ slot &* 0x9e37_79b9)
        return Double.random(in: 0..<1, using: &generator)
    }

    /// A factor of about 1; the sum of some influences has this deviation.
    func factor(deviation: Double, at time: Double) -> Double {
        let slot = UInt64(max(0, time / slotSeconds))
        var generator = SeededGenerator(seed: seed &+ slot &* 0x9e37_79b9)
        let sum = (0..<3).reduce(0) { sum, _ in sum + Double.random(in: -1..<1, using: &generator) }
        return max(0.05, 1 + deviation * sum)
    }
}

/// Pages that are written evenly, over and over.
struct WrittenPages {
    var pageCount: Double
    /// How fast, at a time in seconds since the start.
    var writesPerSecond: @Sendable (_ time: Double, _ noise: Noise) -> Double
}

/// A guest whose writes are formulas of the time.
struct SimulatedGuest: Sendable, CustomStringConvertible {
    var name: String
    var pageCount = 65536
    var firstBytesPerPage = 1000.0
    var bytesPerPage = 300.0
    /// How much both the writes and the bytes per page go up and down.
    var deviation = 0.15
    var written: [WrittenPages]

    var description: String { name }

    /// How many pages are written at least once.
    func dirtyPageCount(from start: Double, to end: Double, _ noise: Noise) -> Int {
        let step = max((end - start) / 24, 0.005)
        var writes = [Double](repeating: 0, count: written.count)
        var time = start
        while time < end {
            let length = min(step, end - time)
            let factor = noise.factor(deviation: deviation, at: time)
            for (index, pages) in written.enumerated() {
                writes[index] += pages.writesPerSecond(time, noise) * factor * length
            }
            time += length
        }
        let count = zip(written, writes).reduce(0) { sum, pair in
            sum + pair.0.pageCount * (1 - exp(-pair.1 / pair.0.pageCount))
        }
        return Int(count)
    }
}

/// A link, and what a round takes besides.
struct SimulatedLink: Sendable, CustomStringConvertible {
    var name: String
    var bytesPerSecond: Double
    var roundSeconds: Double
    var deviation = 0.1

    var description: String { name }

    /// When bytes have arrived that are sent from a time on.
    func arrival(of byteCount: Double, at start: Double, _ noise: Noise) -> Double {
        var (time, rest) = (start, byteCount)
        while true {
            let rate = bytesPerSecond * noise.factor(deviation: deviation, at: time)
            let length = max(min(noise.slotSeconds, rest / rate), 1e-6)
            rest -= rate * length
            time += length
            if rest <= 0 { return time + roundSeconds }
        }
    }
}

/// Pre-copy of a guest over a link.
struct SimulatedPreCopy {
    var guest: SimulatedGuest
    var link: SimulatedLink
    var seed: UInt64

    struct Outcome {
        var decision = Verdict.Decision.stop
        var seconds = 0.0
        var pauseSeconds = 0.0
        var byteCount = 0.0
        var roundCount = 0
        /// What the pause would have been after each round.
        var possiblePauses: [Double] = []
        var lines: [String] = []
    }

    /// Until the guest is paused after its last page is marked dirty.
    private static let suspendSeconds = 0.002

    func run(_ rules: StopRules) -> Outcome {
        var policy = StopPolicy(rules)
        return run { policy.verdict(after: $0) }
    }

    /// The rule of the Xen that the paper started from: 30 rounds, or three times the memory.
    func runWithThirtyRounds() -> Outcome {
        var sentPageCount = 0
        var policy = StopPolicy(StopRules(policy: .stock))
        return run { round in
            sentPageCount += round.sentPageCount
            var verdict = policy.verdict(after: round)
            let isOver =
                round.number >= 29 || sentPageCount > 3 * guest.pageCount
                || round.dirtyPageCount < 50
            verdict.decision = isOver ? .stop : .next
            return verdict
        }
    }

    private func run(_ decide: (Round) -> Verdict) -> Outcome {
        let writing = Noise(slotSeconds: 0.3, seed: seed)
        let carrying = Noise(slotSeconds: 0.2, seed: seed &+ 1)
        var outcome = Outcome()
        var time = 0.0
        var pending = guest.pageCount
        for number in 0..<2000 {
            let factor = writing.factor(deviation: guest.deviation, at: Double(number) * 0.3)
            let bytesPerPage = number == 0 ? guest.firstBytesPerPage : guest.bytesPerPage * factor
            let byteCount = Double(pending) * bytesPerPage
            let end = link.arrival(of: byteCount, at: time, carrying)
            let dirty = guest.dirtyPageCount(from: time, to: end, writing)
            outcome.byteCount += byteCount
            outcome.roundCount = number + 1
            let pauseStart = end + Self.suspendSeconds
            let left = guest.dirtyPageCount(from: time, to: pauseStart, writing)
            let nextFactor = writing.factor(
                deviation: guest.deviation,
                at: Double(number + 1) * 0.3
            )
            let finalByteCount = Double(left) * guest.bytesPerPage * nextFactor
            let finish = link.arrival(of: finalByteCount, at: pauseStart, carrying)
            outcome.possiblePauses.append(finish - pauseStart)
            let verdict = decide(
                Round(
                    number: number,
                    sentPageCount: pending,
                    dirtyPageCount: dirty,
                    encodedByteCount: Int(byteCount),
                    stockByteCount: pending * 4104,
                    unchangedPageCount: number == 0 ? 0 : pending / 3,
                    seconds: end - time
                )
            )
            outcome.lines.append(verdict.description)
            outcome.decision = verdict.decision
            switch verdict.decision {
            case .next, .hold:
                time = end
                pending = dirty
                continue
            case .stop:
                outcome.byteCount += finalByteCount
                outcome.seconds = finish
                outcome.pauseSeconds = finish - pauseStart
            case .abort:
                outcome.seconds = end
            }
            return outcome
        }
        outcome.decision = .next
        outcome.seconds = time
        return outcome
    }
}

/// The exponential function, without a C library.
private func exp(_ value: Double) -> Double {
    // Of a small part of the value, squared as often as it was halved.
    let part = value / 1024
    var power = 1 + part * (1 + part / 2 * (1 + part / 3))
    for _ in 0..<10 { power *= power }
    return max(power, 0)
}

extension SimulatedGuest {
    static let idle = SimulatedGuest(
        name: "idle",
        written: [WrittenPages(pageCount: 30) { _, _ in 20 }]
    )
    static let light = SimulatedGuest(
        name: "light",
        written: [WrittenPages(pageCount: 4000) { _, _ in 500 }]
    )
    static let steady = SimulatedGuest(
        name: "steady working set",
        written: [
            WrittenPages(pageCount: 6000) { _, _ in 400_000 },
            WrittenPages(pageCount: 50_000) { _, _ in 300 },
        ]
    )
    static let growing = SimulatedGuest(
        name: "growing",
        written: [WrittenPages(pageCount: 60_000) { time, _ in 1000 + 1500 * time }]
    )
    static let bursty = SimulatedGuest(
        name: "bursty",
        written: [
            WrittenPages(pageCount: 20_000) { time, noise in
                noise.uniform(at: time) < 0.3 ? 60_000 : 1500
            }
        ]
    )
    static let phased = SimulatedGuest(
        name: "phased",
        written: [
            WrittenPages(pageCount: 15_000) { time, noise in
                let offset = Noise(slotSeconds: 1e9, seed: noise.seed).uniform(at: 0) * 8
                return (time + offset).truncatingRemainder(dividingBy: 8) < 4 ? 50_000 : 800
            }
        ]
    )
    static let converging = SimulatedGuest(
        name: "converging",
        written: [WrittenPages(pageCount: 65_000) { _, _ in 12_000 }]
    )
    static let slowlyConverging = SimulatedGuest(
        name: "slowly converging",
        written: [WrittenPages(pageCount: 65_000) { _, _ in 34_000 }]
    )
    static let neverConverging = SimulatedGuest(
        name: "never converging",
        written: [WrittenPages(pageCount: 65_000) { _, _ in 200_000 }]
    )
    /// Nothing that our stream could make smaller.
    static let incompressible = SimulatedGuest(
        name: "incompressible",
        firstBytesPerPage: 4104,
        bytesPerPage: 4104,
        written: [
            WrittenPages(pageCount: 3000) { _, _ in 40_000 },
            WrittenPages(pageCount: 60_000) { _, _ in 1000 },
        ]
    )
    static let all = [
        idle, light, steady, growing, bursty, phased, converging, slowlyConverging,
        neverConverging, incompressible,
    ]
}

extension SimulatedLink {
    static let wide = SimulatedLink(
        name: "100 Mb/s, 20 ms",
        bytesPerSecond: 12.5e6,
        roundSeconds: 0.025
    )
    static let shared = SimulatedLink(
        name: "465 Mb/s shared by four, 27 ms",
        bytesPerSecond: 14.5e6,
        roundSeconds: 0.03,
        deviation: 0.25
    )
    static let local = SimulatedLink(
        name: "1 Gb/s",
        bytesPerSecond: 125e6,
        roundSeconds: 0.004
    )
    static let fast = SimulatedLink(
        name: "10 Gb/s",
        bytesPerSecond: 1250e6,
        roundSeconds: 0.003,
        deviation: 0.05
    )
    static let all = [wide, shared, local, fast]
}
