/// Decides how hard to compress each batch, so that neither the link nor the processor idles.
///
/// It predicts for every rung of a ladder of efforts how long the next batch takes: what is larger of
/// the processors' time and the link's. Among the rungs that are nearly as fast as the fastest it
/// takes the one that costs least when processor time, which the dom0 has other uses for, is counted
/// as well. How compressible the guest is, how fast this machine is and how fast the link is are
/// measured batch by batch; how the rungs compare with each other is known of zstd.
struct CompressionPolicy {
    /// One way to compress, and how it does on guest memory compared with the others.
    struct Rung {
        /// The effort; none means not at all.
        var effort: CompressionEffort?
        /// Seconds of one processor per byte of residue.
        var secondsPerByte: Double
        /// Compressed bytes per byte of residue.
        var ratio: Double
    }

    /// From the fastest rung to the smallest output (figures: `docs/performance.md`).
    static let ladder = [
        Rung(effort: nil, secondsPerByte: 0, ratio: 1),
        Rung(effort: CompressionEffort(level: -5), secondsPerByte: 2.2e-9, ratio: 0.508),
        Rung(effort: CompressionEffort(level: -1), secondsPerByte: 2.7e-9, ratio: 0.390),
        Rung(effort: CompressionEffort(level: 1), secondsPerByte: 4.0e-9, ratio: 0.351),
        Rung(effort: CompressionEffort(level: 3), secondsPerByte: 5.8e-9, ratio: 0.325),
        Rung(
            effort: CompressionEffort(level: 6, isLongDistance: true),
            secondsPerByte: 13.8e-9,
            ratio: 0.303
        ),
    ]

    /// What a second of processor time may cost in seconds of migration.
    private static let processorWeight = 0.35

    /// How much longer than with the fastest rung a migration may take to save processor time; the
    /// second figure is for the rung in use, so that it does not change to and fro.
    private static let toleranceForOthers = 1.075
    private static let toleranceForCurrent = 1.085

    /// Another rung must be better by this factor to be taken.
    private static let hysteresis = 0.97

    /// Batches of different lengths keep several threads from being busy all the time.
    private static let unevenness = 1.15

    private let threadCount: Int
    private var rungIndex: Int
    private let isFixed: Bool
    private let fixedEffort: CompressionEffort?

    // What was measured; the scales are relative to the ladder's figures.
    private var speedScale = 1.0
    private var ratioScale = 1.0
    private var codedByteCount = 0.0
    private var codingSeconds = 0.0
    private var batchByteCount = 0.0
    private var link = LinkEstimate()

    /// Starts without knowledge, with an effort that is cheap and yet saves most bytes.
    init(_ compression: Compression, threadCount: Int) {
        self.threadCount = threadCount
        switch compression {
        case .auto:
            isFixed = false
            fixedEffort = nil
        case .off:
            isFixed = true
            fixedEffort = nil
        case .level(let level):
            isFixed = true
            fixedEffort = CompressionEffort(level: level)
        }
        rungIndex = 2
    }

    /// What to do with the next batch; none means not to compress.
    var effort: CompressionEffort? {
        isFixed ? fixedEffort : Self.ladder[rungIndex].effort
    }

    /// Notes what coding a batch took before compression.
    ///
    /// - Parameters:
    ///   - residueByteCount: The length of the coded batch.
    ///   - seconds: How long it took.
    mutating func noteCoding(residueByteCount: Int, seconds: Double) {
        let byteCount = Double(residueByteCount)
        batchByteCount += (byteCount - batchByteCount) * (batchByteCount == 0 ? 1 : 0.1)
        codedByteCount = codedByteCount * 0.8 + byteCount
        codingSeconds = codingSeconds * 0.8 + seconds
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
            !isFixed, residueByteCount >= 64 << 10,
            let rung = Self.ladder.first(where: { $0.effort == effort })
        else { return }
        let byteCount = Double(residueByteCount)
        let weight = min(byteCount / Double(4 << 20), 1) * 0.4
        speedScale += (seconds / byteCount / rung.secondsPerByte - speedScale) * weight
        ratioScale += (Double(compressedByteCount) / byteCount / rung.ratio - ratioScale) * weight
    }

    /// Notes what writing a record took, and chooses anew.
    ///
    /// - Parameters:
    ///   - byteCount: The length of the record.
    ///   - seconds: How long the write took.
    ///   - idleSeconds: How long nothing was written before.
    mutating func noteWrite(byteCount: Int, seconds: Double, idleSeconds: Double) {
        guard !isFixed else { return }
        link.note(byteCount: byteCount, seconds: seconds, idleSeconds: idleSeconds)
        guard link.bytesPerSecond != nil else { return }
        // What is not tried may have become worth it.
        if effort == nil { ratioScale += (1 - ratioScale) * 0.0007 }
        rungIndex = bestRungIndex()
    }

    // MARK: Choice

    private func bestRungIndex() -> Int {
        let costs = Self.ladder.map(cost)
        let shortest = costs.map(\.elapsed).min() ?? 0
        let candidates = costs.indices.filter {
            costs[$0].elapsed <= shortest * Self.toleranceForOthers
        }
        let best = candidates.min { costs[$0].total < costs[$1].total } ?? rungIndex
        let current = costs[rungIndex]
        let isGoodEnough =
            current.elapsed <= shortest * Self.toleranceForCurrent
            && current.total * Self.hysteresis <= costs[best].total
        return isGoodEnough ? rungIndex : best
    }

    /// Seconds per byte of residue, without and with those for the use of the processor.
    private func cost(_ rung: Rung) -> (elapsed: Double, total: Double) {
        let coding = codedByteCount > 0 ? codingSeconds / codedByteCount : 0
        let working = coding + rung.secondsPerByte * speedScale
        let ratio = rung.effort == nil ? 1 : min(rung.ratio * ratioScale, 1)
        let sending = link.bytesPerSecond.map { ratio / $0 } ?? 0
        var waiting = sending
        if let rate = link.bytesPerSecond, batchByteCount > 0 {
            // A thread that writes need not wait for what the buffer of the link takes.
            waiting = max(sending - link.bufferByteCount / rate / batchByteCount, 0)
        }
        let share = threadCount == 1 ? 1 : Self.unevenness / Double(threadCount)
        let elapsed = max((working + waiting) * share, coding, sending)
        return (elapsed, elapsed + Self.processorWeight * working)
    }
}

/// What the times of writes tell of a link.
private struct LinkEstimate {
    /// The rate, once a write had to wait.
    private(set) var bytesPerSecond: Double?

    /// What its buffer takes at least, as far as is known.
    private(set) var bufferByteCount = 0.0

    // Since the last write that had to wait, when the buffer was full.
    private var pendingByteCount = 0.0
    private var pendingWriting = 0.0
    private var pendingIdle = 0.0

    // Several of them together, those long ago less.
    private var byteCount = 0.0
    private var writing = 0.0
    private var idle = 0.0

    // How long to believe the last known rate while nothing shows it.
    private var freeWriteCount = 0
    private var hasHoped = false
    private var patience = patienceMinimum
    private static let patienceMinimum = 32
    private static let patienceMaximum = 256

    /// A write at this rate shows only that the buffer had room.
    private static let copyingBytesPerSecond = 1e9

    /// What a write takes besides.
    private static let callSeconds = 5e-5

    /// What shorter writes take says little.
    private static let longByteCount = 16384.0

    /// More than any buffer takes.
    private static let bufferByteCountMaximum = 5e6

    mutating func note(byteCount: Int, seconds: Double, idleSeconds: Double) {
        let (byteCount, seconds) = (Double(byteCount), max(seconds, 1e-7))
        pendingByteCount += byteCount
        // While nothing is written, the link goes on with what is in its buffer, but no longer.
        pendingIdle += min(idleSeconds, bytesPerSecond.map { bufferByteCount / $0 } ?? idleSeconds)
        if seconds <= byteCount / Self.copyingBytesPerSecond + Self.callSeconds {
            pendingIdle += seconds
            bufferByteCount = max(bufferByteCount, min(byteCount * 3, Self.bufferByteCountMaximum))
            noteFreeWrite(isLong: byteCount >= Self.longByteCount)
        } else {
            pendingWriting += seconds
            noteWait(latest: byteCount / seconds)
        }
    }

    private mutating func noteFreeWrite(isLong: Bool) {
        if isLong { freeWriteCount += 1 }
        guard let known = bytesPerSecond else {
            if pendingByteCount > Self.bufferByteCountMaximum { bytesPerSecond = .infinity }
            return
        }
        let elapsed = pendingWriting + pendingIdle
        if pendingByteCount > known * elapsed {
            // The buffer was full; so much at least has left it.
            bytesPerSecond = pendingByteCount / elapsed
        } else if freeWriteCount >= patience, known < .infinity {
            bytesPerSecond = known * 1.5
            freeWriteCount = 0
            hasHoped = true
        }
    }

    private mutating func noteWait(latest: Double) {
        let elapsed = pendingWriting + pendingIdle
        let isFirst = bytesPerSecond ?? .infinity == .infinity
        if isFirst {
            // What came before went into the empty buffer.
            bufferByteCount = max(
                bufferByteCount,
                min(pendingByteCount - latest * elapsed, Self.bufferByteCountMaximum)
            )
            (pendingByteCount, pendingIdle) = (latest * pendingWriting, 0)
        }
        byteCount = byteCount * 0.9 + pendingByteCount
        writing = writing * 0.9 + pendingWriting
        idle = idle * 0.9 + pendingIdle
        let latestRate = pendingByteCount / (pendingWriting + pendingIdle)
        let smoothRate = byteCount / (writing + idle)
        (pendingByteCount, pendingWriting, pendingIdle) = (0, 0, 0)
        freeWriteCount = 0
        guard let known = bytesPerSecond, !isFirst else {
            bytesPerSecond = latestRate
            return
        }
        if hasHoped {
            patience =
                smoothRate < known / 1.2
                ? min(patience * 2, Self.patienceMaximum) : Self.patienceMinimum
            hasHoped = false
        }
        // A change is believed at once if the latest write and those before agree on its direction.
        bytesPerSecond =
            latestRate < known
            ? max(min(smoothRate, known), latestRate) : min(smoothRate, known * 2)
    }
}
