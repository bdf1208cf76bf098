internal import MigrationReport
internal import StopPolicy

/// The books of a save: what each round sent, how long it took, and how far the current one is.
///
/// It knows no clock and no counter: moments, in seconds since the save began, and what was sent
/// until then are given to it.
struct RoundLedger {
    /// The memory of the guest, in pages.
    let guestPageCount: Int

    /// How many rounds have begun.
    private(set) var roundCount = 0
    /// Whether the guest is paused, in the last round.
    private(set) var isPaused = false
    /// When the first round began.
    private(set) var firstRoundStart: Double?
    /// When the guest was paused.
    private(set) var pauseStart: Double?

    /// How long the save has waited for others, between rounds.
    private(set) var heldSeconds = 0.0

    private var pageCount = 0
    private var start = 0.0
    /// When the round was over, while the next one has not begun.
    private var end: Double?
    private var sentBefore = SentSoFar()

    // Of the last round that is over.
    private var bytesPerPage: Double?
    private var bytesPerSecond: Double?
    private var dirtyPagesPerSecond: Double?
    private(set) var pendingPageCount: Int

    init(guestPageCount: Int) {
        self.guestPageCount = guestPageCount
        pendingPageCount = guestPageCount
    }

    private var totalByteCount: Int { guestPageCount * Measures.pageByteCount }

    /// Notes that a round begins, of so many pages as libxenguest counts them: perhaps with holes.
    mutating func beginRound(pageCount: Int, sent: SentSoFar, at time: Double) {
        roundCount += 1
        self.pageCount = min(pageCount, guestPageCount)
        sentBefore = sent
        start = time
        end = nil
        if firstRoundStart == nil { firstRoundStart = time }
    }

    /// Notes that the guest is about to be paused and that the last round begins.
    mutating func beginPause(sent: SentSoFar, at time: Double) {
        isPaused = true
        pauseStart = time
        beginRound(pageCount: pendingPageCount, sent: sent, at: time)
    }

    /// Notes that all of a round has been sent.
    ///
    /// - Parameters:
    ///   - dirtyPageCount: How many pages are dirty now.
    ///   - sent: What was sent until now.
    ///   - time: Now.
    /// - Returns: The round for the policy, and for the report without what the policy says.
    mutating func endRound(
        dirtyPageCount: Int,
        sent: SentSoFar,
        at time: Double
    ) -> (round: Round, record: RoundRecord) {
        let ours = sent - sentBefore
        let seconds = max(time - start, 0)
        let round = Round(
            number: roundCount - 1,
            sentPageCount: pageCount,
            dirtyPageCount: dirtyPageCount,
            encodedByteCount: ours.byteCount,
            stockByteCount: ours.stockByteCount,
            unchangedPageCount: ours.pages.unchanged,
            seconds: seconds
        )
        pendingPageCount = dirtyPageCount
        end = time
        if ours.pages.total > 0 {
            bytesPerPage = Double(ours.byteCount) / Double(ours.pages.total)
        }
        if ours.byteCount > 0, seconds > 0 { bytesPerSecond = Double(ours.byteCount) / seconds }
        let dirtyRate = Measures.dirtyPagesPerSecond(
            dirtyPageCount: dirtyPageCount,
            seconds: seconds
        )
        dirtyPagesPerSecond = dirtyRate

        var record = RoundRecord()
        record.round = roundCount
        record.isPaused = isPaused
        record.roundMilliseconds = Int(milliseconds: seconds)
        record.roundByteCount = ours.byteCount
        record.stockByteCount = ours.stockByteCount
        record.pages = ours.pages
        record.treatments = ours.treatments
        record.transferredByteCount = sent.byteCount
        record.remainingByteCount = dirtyPageCount * Measures.pageByteCount
        record.totalByteCount = totalByteCount
        record.duplicatePageCount = sent.pages.zero
        record.normalPageCount = sent.pages.normal
        record.dirtyPagesPerSecond = Int(dirtyRate)
        record.megabitsPerSecond = Measures.megabitsPerSecond(
            byteCount: ours.byteCount,
            seconds: seconds
        )
        record.dirtySyncCount = roundCount
        record.totalMilliseconds = Int(milliseconds: time)
        return (round, record)
    }

    /// Notes that a wait for others is over, in which pages got dirty.
    mutating func endHold(dirtyPageCount: Int, seconds: Double) {
        pendingPageCount = dirtyPageCount
        heldSeconds += seconds
    }

    /// How far the current round is.
    func estimate(sent: SentSoFar, at time: Double) -> ProgressEstimate {
        let ours = sent - sentBefore
        var now = ProgressEstimate.Measurement()
        now.round = max(roundCount, 1)
        now.isPaused = isPaused
        now.totalByteCount = totalByteCount
        now.roundPageCount = roundCount == 0 ? guestPageCount : pageCount
        now.sentPageCount = ours.pages.total
        now.encodedByteCount = sent.byteCount
        now.roundEncodedByteCount = ours.byteCount
        now.roundSeconds = max((end ?? time) - start, 0)
        now.previousBytesPerPage = bytesPerPage
        now.previousBytesPerSecond = bytesPerSecond
        now.dirtyPagesPerSecond = dirtyPagesPerSecond
        return ProgressEstimate(now)
    }

    /// The last record of the report.
    ///
    /// - Parameters:
    ///   - status: How the save ended.
    ///   - reason: Why it failed, or when it stopped.
    ///   - sent: All that was sent.
    ///   - time: Now.
    /// - Returns: All rounds together.
    func end(
        _ status: MigrationStatus,
        reason: String,
        sent: SentSoFar,
        at time: Double
    ) -> EndRecord {
        var record = EndRecord()
        record.status = status
        record.reason = reason
        record.transferredByteCount = sent.byteCount
        if status != .completed {
            let rest = estimate(sent: sent, at: time).remainingByteCount
            record.remainingByteCount = rest
        }
        record.totalByteCount = totalByteCount
        record.stockByteCount = sent.stockByteCount
        record.pages = sent.pages
        record.treatments = sent.treatments
        record.duplicatePageCount = sent.pages.zero
        record.normalPageCount = sent.pages.normal
        record.megabitsPerSecond = Measures.megabitsPerSecond(
            byteCount: sent.byteCount,
            seconds: time
        )
        record.dirtySyncCount = roundCount
        record.pauseMilliseconds = pauseStart.map { Int(milliseconds: time - $0) }
        record.heldMilliseconds = heldSeconds > 0 ? Int(milliseconds: heldSeconds) : nil
        record.setupMilliseconds = Int(milliseconds: firstRoundStart ?? time)
        record.totalMilliseconds = Int(milliseconds: time)
        return record
    }
}
