/// Decides how hard to compress each batch, so that neither the link nor the processor idles.
///
/// It predicts for every rung of a ladder of efforts how long the next batch takes: what is larger of
/// the processors' time and the link's. Among the rungs that are nearly as fast as the fastest it
/// takes the one that costs least when processor time, which the dom0 has other uses for, is counted
/// as well. How compressible the guest is, how fast this machine is and how fast the link is are
/// measured batch by batch; how the rungs compare with each other is known of zstd. The lowest rung
/// leaves even the page classes out, so that no link is so fast that coding makes it slower.
struct CompressionPolicy {
    /// One way to treat a batch, and how it does on guest memory compared with the others.
    struct Rung {
        /// What becomes of the batch.
        var treatment: BatchTreatment
        /// Seconds of one processor per byte of residue.
        var secondsPerByte: Double
        /// Compressed bytes per byte of residue.
        var ratio: Double

        init(_ treatment: BatchTreatment, secondsPerByte: Double, ratio: Double) {
            self.treatment = treatment
            self.secondsPerByte = secondsPerByte
            self.ratio = ratio
        }

        init(_ effort: CompressionEffort, secondsPerByte: Double, ratio: Double) {
            self.init(.compressed(effort), secondsPerByte: secondsPerByte, ratio: ratio)
        }
    }

    /// From the fastest rung to the smallest output (figures: `docs/performance.md`).
    static let ladder = [
        // Per byte of what libxc wrote.
        Rung(.whole, secondsPerByte: 0.15e-9, ratio: 1),
        Rung(.coded, secondsPerByte: 0, ratio: 1),
        Rung(CompressionEffort(level: -5), secondsPerByte: 1.45e-9, ratio: 0.488),
        Rung(CompressionEffort(level: -2), secondsPerByte: 1.65e-9, ratio: 0.406),
        Rung(CompressionEffort(level: 1), secondsPerByte: 2.0e-9, ratio: 0.345),
        Rung(CompressionEffort(level: 2), secondsPerByte: 2.4e-9, ratio: 0.323),
        Rung(CompressionEffort(level: 3), secondsPerByte: 3.4e-9, ratio: 0.311),
        Rung(
            CompressionEffort(level: 6, isLongDistance: true),
            secondsPerByte: 12e-9,
            ratio: 0.290
        ),
    ]

    private let goal: CompressionGoal

    /// Another rung must be better by this factor to be taken.
    private static let hysteresis = 0.98

    /// Batches of different lengths keep several threads from being busy all the time.
    private static let unevenness = 1.15

    /// So many bytes after a change another follows only if it gains much.
    private static let dwellByteCount = 1e6
    private static let muchBetter = 1.3

    private let threadCount: Int
    private var rungIndex: Int
    private var writtenByteCountSinceChange = Double.infinity
    private var compressionCountSinceChange = 0
    private let fixedTreatment: BatchTreatment?

    // Batches since one was coded, while they go through whole.
    private var wholeBatchCount = 0
    private static let wholeBatchCountMaximum = 32

    // How much of what is known of the guest's memory is forgotten with each uncompressed batch.
    private var forgetting = forgettingMaximum
    private static let forgettingMaximum = 0.0007
    private static let soonBatchCount = 64

    // A fast link may only seem to have a limit: its reader waits for the processors that compress.
    private var trialByteCount = 0.0
    private var byteCountUntilTrial = 8e6
    private var byteCountBetweenTrials = 16e6
    private static let trialByteCountMaximum = 4e6
    private static let fastSecondsPerByte = 3e-9

    // What was measured; the scales are relative to the ladder's figures.
    private var speedScale = 1.0
    private var ratioScale = 1.0
    private var stockByteCount = 0.0
    private var codedByteCount = 0.0
    private var besideSeconds = 0.0
    private var inTurnSeconds = 0.0
    private var batchByteCount = 0.0
    private var link: LinkEstimate

    /// Starts without knowledge.
    ///
    /// The first batches get an effort that saves most of the bytes and yet is cheap.
    ///
    /// - Parameters:
    ///   - compression: What an operator asked for.
    ///   - goal: What counts, if the choice is left to the policy.
    ///   - threadCount: How many batches are coded side by side.
    ///   - bufferByteCount: The buffer of the sink, if that is known.
    init(
        _ compression: Compression,
        goal: CompressionGoal = .shortestTime,
        threadCount: Int,
        bufferByteCount: Int? = nil
    ) {
        self.goal = goal
        self.threadCount = threadCount
        link = LinkEstimate(bufferByteCount: bufferByteCount)
        rungIndex = Self.firstIndex
        switch compression {
        case .auto: fixedTreatment = nil
        case .off: fixedTreatment = .coded
        case .level(let level): fixedTreatment = .compressed(CompressionEffort(level: level))
        }
    }

    private static let wholeIndex = 0
    private static let codedIndex = 1
    private static let firstIndex = 4

    /// What to do with the next batch.
    mutating func nextTreatment() -> BatchTreatment {
        if let fixedTreatment { return fixedTreatment }
        guard rungIndex == Self.wholeIndex else { return Self.ladder[rungIndex].treatment }
        wholeBatchCount += 1
        guard wholeBatchCount > Self.wholeBatchCountMaximum else { return .whole }
        // Now and then it is tried what the page classes would do.
        wholeBatchCount = 0
        return .coded
    }

    /// Notes what coding a batch took before compression.
    ///
    /// - Parameters:
    ///   - stockByteCount: The length of the batch as libxc wrote it.
    ///   - residueByteCount: The length of the coded batch.
    ///   - besideSeconds: How much of the time went by beside the coding of other batches.
    ///   - inTurnSeconds: How much went by while no other batch was at the same point.
    mutating func noteCoding(
        stockByteCount: Int,
        residueByteCount: Int,
        besideSeconds: Double = 0,
        inTurnSeconds: Double
    ) {
        let byteCount = Double(residueByteCount)
        // Short batches say little.
        let memory = Self.memoryByteCount / (Self.memoryByteCount + Double(stockByteCount))
        batchByteCount += (byteCount - batchByteCount) * (batchByteCount == 0 ? 1 : 0.1)
        self.stockByteCount = self.stockByteCount * memory + Double(stockByteCount)
        codedByteCount = codedByteCount * memory + byteCount
        self.besideSeconds = self.besideSeconds * memory + besideSeconds
        self.inTurnSeconds = self.inTurnSeconds * memory + inTurnSeconds
    }

    private static let memoryByteCount = 16e6

    /// Whether one thread compresses as fast as the link takes it.
    ///
    /// Then a second one gains nothing, and would split the history of a compressor that looks back.
    /// Once the link waits for us, it may have become faster, which only more threads can find out.
    var isOneThreadEnough: Bool {
        guard fixedTreatment == nil, link.isBusy, let secondsPerByte = link.secondsPerByte else {
            return false
        }
        let rung = Self.ladder[rungIndex]
        let working = codingSecondsPerByte.inAll + rung.secondsPerByte * speedScale
        return working < 0.8 * min(rung.ratio * ratioScale, 1) * secondsPerByte
    }

    /// Whether the link makes us wait.
    var isLinkBusy: Bool { link.isBusy }

    /// What coding takes per byte of residue, and how much of that one thread at a time.
    private var codingSecondsPerByte: (inAll: Double, inTurn: Double) {
        guard codedByteCount > 0 else { return (0, 0) }
        return ((besideSeconds + inTurnSeconds) / codedByteCount, inTurnSeconds / codedByteCount)
    }

    /// Notes what compressing a batch took and gained.
    mutating func noteCompression(
        effort: CompressionEffort,
        residueByteCount: Int,
        compressedByteCount: Int,
        seconds: Double
    ) {
        // Small batches say little about larger ones.
        guard
            fixedTreatment == nil, residueByteCount >= 64 << 10,
            let rung = Self.ladder.first(where: { $0.treatment == .compressed(effort) })
        else { return }
        let byteCount = Double(residueByteCount)
        let weight = min(byteCount / Double(4 << 20), 1) * 0.4
        let scale = seconds / byteCount / rung.secondsPerByte
        // The first ones pay for new memory as well.
        compressionCountSinceChange += 1
        if compressionCountSinceChange > threadCount || scale < speedScale {
            speedScale += (scale - speedScale) * weight
        }
        ratioScale += (Double(compressedByteCount) / byteCount / rung.ratio - ratioScale) * weight
    }

    /// Notes what writing a record took, and chooses anew.
    ///
    /// - Parameters:
    ///   - byteCount: The length of the record.
    ///   - seconds: How long the write took.
    ///   - idleSeconds: How long nothing was written before.
    mutating func noteWrite(byteCount: Int, seconds: Double, idleSeconds: Double) {
        link.note(byteCount: byteCount, seconds: seconds, idleSeconds: idleSeconds)
        guard fixedTreatment == nil, link.bytesPerSecond != nil else { return }
        if rungIndex <= Self.codedIndex {
            // What is not tried may have become worth it.
            ratioScale += (1 - ratioScale) * forgetting
        }
        writtenByteCountSinceChange += Double(byteCount)
        guard !isTrying(byteCount: Double(byteCount)) else { return }
        let best = bestRungIndex()
        guard best != rungIndex else { return }
        noteChange(to: best)
        rungIndex = best
        writtenByteCountSinceChange = 0
        compressionCountSinceChange = 0
    }

    /// What was given up soon after it was tried is tried again later and later.
    private mutating func noteChange(to index: Int) {
        guard rungIndex > Self.codedIndex, index <= Self.codedIndex else { return }
        forgetting =
            compressionCountSinceChange < Self.soonBatchCount
            ? max(forgetting / 2, Self.forgettingMaximum / 4) : Self.forgettingMaximum
    }

    /// Whether batches go uncompressed for a while, to see whether the link is faster then.
    private mutating func isTrying(byteCount: Double) -> Bool {
        if trialByteCount > 0 {
            trialByteCount -= byteCount
            return trialByteCount > 0
        }
        guard rungIndex > Self.codedIndex, let secondsPerByte = link.secondsPerByte,
            secondsPerByte < Self.fastSecondsPerByte
        else { return false }
        byteCountUntilTrial -= byteCount
        guard byteCountUntilTrial <= 0 else { return false }
        byteCountUntilTrial = byteCountBetweenTrials
        byteCountBetweenTrials *= 4
        trialByteCount = Self.trialByteCountMaximum
        rungIndex = Self.codedIndex
        return true
    }

    // MARK: Choice

    private func bestRungIndex() -> Int {
        let costs = Self.ladder.map(cost)
        let shortest = costs.map(\.elapsed).min() ?? 0
        let candidates = costs.indices.filter {
            costs[$0].elapsed <= shortest * goal.toleranceForOthers
        }
        let best = candidates.min { costs[$0].total < costs[$1].total } ?? rungIndex
        let current = costs[rungIndex]
        let isGoodEnough =
            writtenByteCountSinceChange < Self.dwellByteCount
            ? current.elapsed <= shortest * Self.muchBetter
            : current.elapsed <= shortest * goal.toleranceForCurrent
                && current.total * Self.hysteresis <= costs[best].total
        if isGoodEnough { return rungIndex }
        // A link is easily taken for faster than it is at first; the classes are given up last.
        return best == Self.wholeIndex && rungIndex > Self.codedIndex ? Self.codedIndex : best
    }

    /// Seconds per byte of residue, without and with those for the use of the processor.
    private func cost(_ rung: Rung) -> (elapsed: Double, total: Double) {
        let coding = codingSecondsPerByte
        switch rung.treatment {
        case .whole:
            // Unknown as yet, or nothing but zeros: then the classes are worth more than anything.
            let stock = codedByteCount > 0 ? stockByteCount / codedByteCount : .infinity
            return cost(inTurn: 0, working: rung.secondsPerByte * stock, ratio: stock)
        case .coded:
            return cost(inTurn: coding.inTurn, working: coding.inAll, ratio: 1)
        case .compressed:
            return cost(
                inTurn: coding.inTurn,
                working: coding.inAll + rung.secondsPerByte * speedScale,
                ratio: min(rung.ratio * ratioScale, 1)
            )
        }
    }

    private func cost(
        inTurn: Double,
        working: Double,
        ratio: Double
    ) -> (elapsed: Double, total: Double) {
        let secondsPerByte = link.secondsPerByte ?? 0
        let sending = ratio * secondsPerByte
        var waiting = sending
        if batchByteCount > 0 {
            // A thread that writes need not wait for what the buffer of the link takes.
            waiting = max(sending - link.bufferByteCount * secondsPerByte / batchByteCount, 0)
        }
        // Another thread waits for the link while a single one codes.
        let share = Self.unevenness / Double(max(threadCount, 2))
        let alone = working + ratio * link.copyingSecondsPerByte
        let elapsed = max(
            (working + waiting) * share,
            threadCount == 1 ? alone : inTurn,
            sending
        )
        return (elapsed, elapsed + goal.processorWeight * working)
    }
}
