/// What the times of writes tell of a link.
struct LinkEstimate {
    /// The rate, once a write had to wait, or infinity if none has to.
    private(set) var bytesPerSecond: Double?

    /// What a byte takes to be written: the link's time, or that of copying if that is longer.
    var secondsPerByte: Double? {
        bytesPerSecond.map { max(1 / $0, copyingSecondsPerByte) }
    }

    /// What a byte takes that need not wait.
    var copyingSecondsPerByte: Double { freeWriting / max(freeByteCount, 1) }

    /// Whether the last writes had to wait, but for one or two that found room.
    var isBusy: Bool { freeWriteCount < 3 }

    // Writes that did not have to wait, those long ago less.
    private var freeByteCount = 0.0
    private var freeWriting = 0.0

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

    // The last ones that were all much faster than the known rate, and the whole time since then.
    private var fastByteCount = 0.0
    private var fastSeconds = 0.0
    private var fastElapsed = 0.0
    private var elapsedSinceWait = 0.0
    private static let muchFaster = 1.5
    private static let faster = 1.1

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

    /// More than the buffer takes.
    private let bufferByteCountMaximum: Double

    /// Knows nothing but what the sink may know of its buffer.
    init(bufferByteCount: Int?) {
        // Whoever reads has some room too. Without knowledge, more than any buffer takes.
        bufferByteCountMaximum = bufferByteCount.map { Double($0) + 1.5e6 } ?? 5e6
    }

    /// What earlier writes still count after one of this length.
    private static func memory(after byteCount: Double) -> Double {
        memoryByteCount / (memoryByteCount + byteCount)
    }

    private static let memoryByteCount = 16e6

    /// Notes a write.
    mutating func note(byteCount: Int, seconds: Double, idleSeconds: Double) {
        let (byteCount, seconds) = (Double(byteCount), max(seconds, 1e-7))
        pendingByteCount += byteCount
        elapsedSinceWait += seconds + idleSeconds
        // While nothing is written, the link goes on with what is in its buffer, but no longer.
        pendingIdle += min(idleSeconds, bytesPerSecond.map { bufferByteCount / $0 } ?? idleSeconds)
        if seconds <= byteCount / Self.copyingBytesPerSecond + Self.callSeconds {
            pendingIdle += seconds
            let memory = Self.memory(after: byteCount)
            freeByteCount = freeByteCount * memory + byteCount
            freeWriting = freeWriting * memory + seconds
            bufferByteCount = max(bufferByteCount, min(byteCount * 3, bufferByteCountMaximum))
            noteFreeWrite(isLong: byteCount >= Self.longByteCount)
        } else {
            pendingWriting += seconds
            noteWait(latest: byteCount / seconds)
        }
    }

    private mutating func noteFreeWrite(isLong: Bool) {
        if isLong { freeWriteCount += 1 }
        guard let known = bytesPerSecond else {
            if pendingByteCount > bufferByteCountMaximum { bytesPerSecond = .infinity }
            return
        }
        let elapsed = pendingWriting + pendingIdle
        if pendingByteCount > known * elapsed + bufferByteCountMaximum {
            // Even if the buffer was empty, so much has left it.
            bytesPerSecond = (pendingByteCount - bufferByteCountMaximum) / elapsed
        } else if freeWriteCount >= patience, known < .infinity {
            bytesPerSecond = known * 1.5
            freeWriteCount = 0
            hasHoped = true
        }
    }

    private mutating func noteWait(latest: Double) {
        defer { elapsedSinceWait = 0 }
        let elapsed = pendingWriting + pendingIdle
        let isFirst = bytesPerSecond ?? .infinity == .infinity
        if isFirst, pendingByteCount < Self.longByteCount {
            // A short record that had to wait: for a reader that was asleep rather than for the link.
            (pendingByteCount, pendingWriting, pendingIdle) = (0, 0, 0)
            return
        }
        if isFirst {
            // What came before went into the empty buffer.
            bufferByteCount = max(
                bufferByteCount,
                min(pendingByteCount - latest * elapsed, bufferByteCountMaximum)
            )
            (pendingByteCount, pendingIdle) = (latest * pendingWriting, 0)
        }
        let memory = Self.memory(after: pendingByteCount)
        byteCount = byteCount * memory + pendingByteCount
        writing = writing * memory + pendingWriting
        idle = idle * memory + pendingIdle
        let latestRate = pendingByteCount / (pendingWriting + pendingIdle)
        noteFastWait(latestRate)
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

    /// Forgets what was before the link became much faster: more has left than a buffer can hide.
    private mutating func noteFastWait(_ latestRate: Double) {
        guard let known = bytesPerSecond, latestRate > known * Self.muchFaster else {
            (fastByteCount, fastSeconds, fastElapsed) = (0, 0, 0)
            return
        }
        fastByteCount += pendingByteCount
        fastSeconds += pendingWriting + pendingIdle
        fastElapsed += elapsedSinceWait
        // A link may make up for the time in which it was given nothing.
        guard fastByteCount > max(bufferByteCountMaximum, known * fastElapsed * Self.faster) else {
            return
        }
        (byteCount, writing, idle) = (fastByteCount, fastSeconds, 0)
    }
}
