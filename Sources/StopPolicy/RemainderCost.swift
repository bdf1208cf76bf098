/// What it takes to send pages that are dirty now, as far as the rounds so far tell.
struct RemainderCost {
    /// What our stream takes for a page.
    let bytesPerPage: Double

    /// How fast our stream leaves; infinite if nothing has shown a limit.
    let bytesPerSecond: Double

    /// What the shortest round took besides; a final round is expected to take that too.
    let fixedSeconds: Double

    /// The part of it that no policy avoids, as far as is known.
    ///
    /// Of a single round nobody can tell what it took for its pages, which may be hardly any bytes if
    /// they have not changed, and what it would have taken without.
    let unavoidableSeconds: Double

    /// The last rounds that together took so long tell the rate; a short one alone tells nothing.
    private static let rateSeconds = 0.5

    /// What a round counts for, compared with the one after it.
    ///
    /// What a changed page takes is much the same in all rounds; how many have not changed is not.
    private static let changedPageMemory = 0.7
    private static let changedShareMemory = 0.5

    /// Learns from rounds, the latest last.
    init(_ rounds: [Round]) {
        let resent = rounds.filter { $0.number > 0 && $0.sentPageCount > 0 }
        let bytesPerPage = Self.bytesPerPage(resent.isEmpty ? rounds : resent)
        let bytesPerSecond = Self.bytesPerSecond(rounds)
        self.bytesPerPage = bytesPerPage
        self.bytesPerSecond = bytesPerSecond
        let rests = resent.map { $0.seconds - Double($0.encodedByteCount) / bytesPerSecond }
        fixedSeconds = max(rests.min() ?? 0, 0)
        unavoidableSeconds = rests.count > 1 ? fixedSeconds : 0
    }

    /// What our stream takes for so many pages.
    func byteCount(pageCount: Double) -> Double {
        pageCount * bytesPerPage
    }

    /// How long so many pages take.
    func seconds(pageCount: Double) -> Double {
        fixedSeconds + byteCount(pageCount: pageCount) / bytesPerSecond
    }

    private static func bytesPerPage(_ rounds: [Round]) -> Double {
        var (byteCount, changedPageCount) = (0.0, 0.0)
        var (recentChangedPageCount, recentPageCount) = (0.0, 0.0)
        for round in rounds {
            let changed = max(round.contentPageCount - Double(round.unchangedPageCount), 1)
            byteCount = byteCount * changedPageMemory + Double(round.encodedByteCount)
            changedPageCount = changedPageCount * changedPageMemory + changed
            recentChangedPageCount = recentChangedPageCount * changedShareMemory + changed
            recentPageCount = recentPageCount * changedShareMemory + round.contentPageCount
        }
        guard changedPageCount > 0, recentPageCount > 0 else { return 0 }
        return byteCount / changedPageCount * recentChangedPageCount / recentPageCount
    }

    private static func bytesPerSecond(_ rounds: [Round]) -> Double {
        var (byteCount, seconds) = (0.0, 0.0)
        for round in rounds.reversed() where seconds < rateSeconds {
            // Of a long round before, only what is missing, so that the last ones keep their say.
            let share = min((rateSeconds - seconds) / max(round.seconds, 1e-9), 1)
            let weight = byteCount == 0 ? 1 : share
            byteCount += Double(round.encodedByteCount) * weight
            seconds += max(round.seconds, 0) * weight
        }
        return seconds > 0 && byteCount > 0 ? byteCount / seconds : .infinity
    }
}
