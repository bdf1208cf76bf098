import TestSupport

@testable import MigrationStream

/// An encoder's threads and a link on a clock that is computed, to try a `CompressionPolicy`.
///
/// Each thread has a processor. It codes in turn, compresses beside the others, or in turn while one
/// thread is enough or one alone is to code, and writes in turn; a write returns when the buffer of the
/// link has room for it.
struct SimulatedPipeline {
    /// What a batch is like.
    struct Batch {
        var residueByteCount: Int
        /// How much worse it can be compressed than the batches of the policy's figures.
        var ratioFactor = 1.0
        /// How fast the link is when the batch is written.
        var linkBytesPerSecond: Double
    }

    /// What became of it.
    struct Outcome {
        /// Until the last byte has left the link.
        var seconds = 0.0
        /// What all processors together took.
        var processorSeconds = 0.0
        /// What became of each batch.
        var treatments: [BatchTreatment] = []

        /// How often the treatment changed from the batch with this number on, but for the batches
        /// that are coded now and then while the others go through whole.
        func changeCount(from start: Int = 0) -> Int {
            let rest = treatments[start...].filter {
                $0 != .coded || !treatments[start...].contains(.whole)
            }
            return zip(rest, rest.dropFirst()).count { $0 != $1 }
        }
    }

    /// How many batches are coded side by side; while a single one is, another may be written.
    var threadCount: Int
    var bufferByteCount: Double
    /// What the efforts really cost and gain.
    var rungs = CompressionPolicy.ladder
    /// How much slower than the policy's figures the processors are.
    var slowness = 1.0

    /// Bytes that libxc wrote per byte of residue.
    private static let stockRatio = 1.9
    private static let codingSecondsPerByte = 0.69e-9
    private static let copyingSecondsPerByte = 0.1e-9

    /// Runs batches with a policy, or with the same effort for all.
    func run(
        _ batches: [Batch],
        _ compression: Compression,
        goal: CompressionGoal = .shortestTime
    ) -> Outcome {
        run(batches, CompressionPolicy(compression, goal: goal, threadCount: threadCount))
    }

    /// The shortest time that a rung alone takes.
    func bestFixed(_ batches: [Batch]) -> (treatment: BatchTreatment, seconds: Double) {
        let results = rungs.map { rung in
            (treatment: rung.treatment, seconds: run(batches, nil, fixed: rung.treatment).seconds)
        }
        return results.min { $0.seconds < $1.seconds } ?? (.coded, 0)
    }

    private func run(
        _ batches: [Batch],
        _ initialPolicy: CompressionPolicy?,
        fixed: BatchTreatment = .coded
    ) -> Outcome {
        var policy = initialPolicy
        var outcome = Outcome()
        var notes: [(time: Double, note: (inout CompressionPolicy) -> Void)] = []
        var freeTimes = [Double](repeating: 0, count: max(threadCount, 2))
        var (readingEnd, writingEnd) = (0.0, 0.0)
        var estimate = LinkEstimate(bufferByteCount: nil)
        var link = SimulatedLink(bufferByteCount: bufferByteCount)
        for batch in batches {
            let thread = freeTimes.indices.min { freeTimes[$0] < freeTimes[$1] } ?? 0
            let start = max(freeTimes[thread], readingEnd)
            // The policy knows what has happened until now, in that order.
            if var current = policy {
                for note in notes.filter({ $0.time <= start }).sorted(by: { $0.time < $1.time }) {
                    note.note(&current)
                }
                notes.removeAll { $0.time <= start }
                policy = current
            } else {
                notes = []
            }
            let treatment = policy?.nextTreatment() ?? fixed
            outcome.treatments.append(treatment)

            let residue = Double(batch.residueByteCount)
            let stockByteCount = Int(residue * Self.stockRatio)
            var coding = residue * Self.codingSecondsPerByte * slowness
            var compressed = residue
            var compressing = 0.0
            if treatment == .whole {
                coding = 0
                compressed = Double(stockByteCount)
                compressing = compressed * CompressionPolicy.ladder[0].secondsPerByte * slowness
            }
            readingEnd = start + coding
            let codingSeconds = coding
            if treatment != .whole {
                notes.append(
                    (
                        readingEnd,
                        {
                            $0.noteCoding(
                                stockByteCount: stockByteCount,
                                residueByteCount: batch.residueByteCount,
                                inTurnSeconds: codingSeconds
                            )
                        }
                    )
                )
            }
            if case .compressed(let effort) = treatment,
                let rung = rungs.first(where: { $0.treatment == treatment })
            {
                compressed = min(residue * rung.ratio * batch.ratioFactor, residue * 1.001)
                compressing = residue * rung.secondsPerByte * slowness
                let byteCount = Int(compressed)
                let seconds = compressing
                notes.append(
                    (
                        readingEnd + compressing,
                        {
                            $0.noteCompression(
                                effort: effort,
                                residueByteCount: batch.residueByteCount,
                                compressedByteCount: byteCount,
                                seconds: seconds
                            )
                        }
                    )
                )
            }
            let compressingEnd = readingEnd + compressing
            if threadCount == 1 || policy?.isOneThreadEnough == true { readingEnd = compressingEnd }
            let writingStart = max(compressingEnd, writingEnd)
            let idle = writingStart - writingEnd
            writingEnd =
                link.write(compressed, at: writingStart, batch.linkBytesPerSecond)
                + compressed * Self.copyingSecondsPerByte * slowness
            let writing = writingEnd - writingStart
            // Who codes alone hands nothing over to a thread that would not wait.
            if threadCount == 1, !estimate.isBusy { readingEnd = writingEnd }
            estimate.note(byteCount: Int(compressed), seconds: writing, idleSeconds: idle)
            let byteCount = Int(compressed)
            notes.append(
                (
                    writingEnd,
                    {
                        $0.noteWrite(byteCount: byteCount, seconds: writing, idleSeconds: idle)
                    }
                )
            )
            freeTimes[thread] = writingEnd
            outcome.processorSeconds += coding + compressing
        }
        outcome.seconds = link.emptyTime(after: writingEnd)
        return outcome
    }
}

/// A link that has sent what its buffer no longer holds.
private struct SimulatedLink {
    let bufferByteCount: Double
    private var heldByteCount = 0.0
    private var time = 0.0
    private var bytesPerSecond = 1.0

    init(bufferByteCount: Double) {
        self.bufferByteCount = bufferByteCount
    }

    /// Takes bytes.
    ///
    /// - Returns: When it has taken them all.
    mutating func write(_ byteCount: Double, at start: Double, _ bytesPerSecond: Double) -> Double {
        heldByteCount = max(0, heldByteCount - (start - time) * self.bytesPerSecond) + byteCount
        self.bytesPerSecond = bytesPerSecond
        let excess = max(0, heldByteCount - bufferByteCount)
        heldByteCount -= excess
        time = start + excess / bytesPerSecond
        return time
    }

    /// When all has been sent.
    func emptyTime(after end: Double) -> Double {
        max(end, time + heldByteCount / bytesPerSecond)
    }
}
