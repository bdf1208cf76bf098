/// Decides how hard to compress each batch, so that neither the link nor the processor idles.
///
/// It predicts for every rung of a ladder of efforts what the next batch costs: the time until it is
/// through, which is the larger of what the processors and what the link take, and a little for the
/// processor time itself, which the dom0 has other uses for. How compressible the guest is, how fast
/// this machine is and how fast the link is are measured batch by batch; how the rungs compare with
/// each other is known of zstd. It stays where it is unless another rung is clearly better.
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
        Rung(effort: CompressionEffort(level: -5), secondsPerByte: 2.0e-9, ratio: 0.51),
        Rung(effort: CompressionEffort(level: -1), secondsPerByte: 2.5e-9, ratio: 0.39),
        Rung(effort: CompressionEffort(level: 1), secondsPerByte: 3.8e-9, ratio: 0.35),
        Rung(effort: CompressionEffort(level: 3), secondsPerByte: 5.8e-9, ratio: 0.325),
        Rung(
            effort: CompressionEffort(level: 6, isLongDistance: true),
            secondsPerByte: 15e-9,
            ratio: 0.30
        ),
    ]

    /// What a second of processor time may cost in seconds of migration.
    private static let processorWeight = 0.35

    /// Another rung must be better by this factor to be taken.
    private static let hysteresis = 0.96

    /// A link that keeps the writer waiting for less than this share of the time shows only that it
    /// is not the bottleneck.
    private static let busyShareMinimum = 0.1

    private let threadCount: Int
    private var rungIndex: Int
    private let isFixed: Bool
    private let fixedEffort: CompressionEffort?

    // What was measured; the scales are relative to the ladder's figures.
    private var speedScale = 1.0
    private var ratioScale = 1.0
    private var codedByteCount = 0.0
    private var codingSeconds = 0.0
    private var linkBytesPerSecond: Double?
    private var writtenByteCount = 0.0
    private var writtenSeconds = 0.0

    // How long to believe the link's last known rate while nothing shows it.
    private var idleWriteCount = 0
    private var patience = patienceMinimum
    private static let patienceMinimum = 2
    private static let patienceMaximum = 64

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

    var treatment: BatchTreatment { effort.map { .compressed($0) } ?? .coded }

    /// Notes what coding a batch took before compression.
    ///
    /// - Parameters:
    ///   - residueByteCount: The length of the coded batch.
    ///   - seconds: How long it took.
    mutating func noteCoding(stockByteCount: Int, residueByteCount: Int, seconds: Double) {
        codedByteCount = codedByteCount * 0.8 + Double(residueByteCount)
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
        guard !isFixed, byteCount >= 16 << 10 else { return }
        writtenByteCount = writtenByteCount * 0.6 + Double(byteCount)
        writtenSeconds = writtenSeconds * 0.6 + max(seconds, 1e-7)
        let observed = writtenByteCount / writtenSeconds
        let wasBusy = seconds >= Self.busyShareMinimum * (seconds + idleSeconds)
        if let known = linkBytesPerSecond {
            if wasBusy || observed < known {
                noteRate(Double(byteCount) / max(seconds, 1e-7), observed, known)
            } else {
                idleWriteCount += 1
                if idleWriteCount >= patience {
                    linkBytesPerSecond = known * 1.5
                    idleWriteCount = 0
                }
            }
        } else {
            linkBytesPerSecond = observed
        }
        rungIndex = bestRungIndex()
    }

    private mutating func noteRate(_ latest: Double, _ observed: Double, _ known: Double) {
        if observed < known / 1.5, idleWriteCount == 0, patience < Self.patienceMaximum {
            // The link is not as fast as was hoped for: hope less often.
            patience *= 2
        } else if observed > known {
            patience = Self.patienceMinimum
        }
        idleWriteCount = 0
        // A change is believed at once if the latest write and those before agree on its direction.
        linkBytesPerSecond =
            latest < known ? max(min(observed, known), latest) : min(observed, known * 2)
    }

    // MARK: Choice

    private func bestRungIndex() -> Int {
        let costs = Self.ladder.map(cost)
        var best = rungIndex
        for index in costs.indices where costs[index] < costs[best] { best = index }
        return costs[best] < costs[rungIndex] * Self.hysteresis ? best : rungIndex
    }

    /// Seconds per byte of residue.
    private func cost(_ rung: Rung) -> Double {
        let coding = codedByteCount > 0 ? codingSeconds / codedByteCount : 0
        let compressing = rung.secondsPerByte * speedScale
        let ratio = rung.effort == nil ? 1 : min(rung.ratio * ratioScale, 1)
        let sending = linkBytesPerSecond.map { ratio / $0 } ?? 0
        let elapsed =
            threadCount == 1
            ? coding + compressing + sending
            : max((coding + compressing) / Double(threadCount), coding, sending)
        return elapsed + Self.processorWeight * (coding + compressing)
    }
}
