import MigrationReport
import MigrationStream
import PageCodec
import StopPolicy
import TestSupport
import Testing

@testable import MigrationHelper

struct RoundLedgerTests {
    /// What was sent: so many raw pages, each with 100 bytes besides, of 4104 that libxenguest wrote.
    private func sent(_ pageCount: Int, unchanged: Int = 0) -> SentSoFar {
        var sent = SentSoFar()
        sent.byteCount = (pageCount - unchanged) * 4196
        sent.stockByteCount = pageCount * 4104
        sent.pages.raw = pageCount - unchanged
        sent.pages.unchanged = unchanged
        sent.treatments = pageCount == 0 ? [:] : ["off": pageCount / 1000, "3": 1]
        return sent
    }

    @Test func aRoundIsWhatCameBetweenItsEnds() {
        var ledger = RoundLedger(guestPageCount: 10_000)
        ledger.beginRound(pageCount: 10_000, sent: sent(0), at: 1)
        _ = ledger.endRound(dirtyPageCount: 3000, sent: sent(10_000), at: 3)
        ledger.beginRound(pageCount: 3000, sent: sent(10_000), at: 4)
        let (round, record) = ledger.endRound(
            dirtyPageCount: 500,
            sent: sent(13_000, unchanged: 1000),
            at: 4.5
        )
        #expect(
            round
                == Round(
                    number: 1,
                    sentPageCount: 3000,
                    dirtyPageCount: 500,
                    encodedByteCount: 2000 * 4196,
                    stockByteCount: 3000 * 4104,
                    unchangedPageCount: 1000,
                    seconds: 0.5
                )
        )
        #expect(record.round == 2)
        #expect(!record.isPaused)
        #expect(record.roundMilliseconds == 500)
        #expect(record.roundByteCount == 2000 * 4196)
        #expect(record.stockByteCount == 3000 * 4104)
        #expect(record.pages.unchanged == 1000)
        #expect(record.pages.raw == 2000)
        #expect(record.treatments == ["off": 3])
        #expect(record.transferredByteCount == 12_000 * 4196)
        #expect(record.remainingByteCount == 500 * 4096)
        #expect(record.totalByteCount == 10_000 * 4096)
        #expect(record.duplicatePageCount == 0)
        #expect(record.normalPageCount == 13_000)
        #expect(record.dirtyPagesPerSecond == 1000)
        #expect(record.megabitsPerSecond == 134.272)
        #expect(record.dirtySyncCount == 2)
        #expect(record.totalMilliseconds == 4500)
    }

    @Test func holesOfTheAddressSpaceAreNoPages() {
        var ledger = RoundLedger(guestPageCount: 1000)
        ledger.beginRound(pageCount: 1_000_000, sent: sent(0), at: 0)
        #expect(ledger.estimate(sent: sent(400), at: 1).roundPageCount == 1000)
        let round = ledger.endRound(dirtyPageCount: 10, sent: sent(1000), at: 2).round
        #expect(round.sentPageCount == 1000)
    }

    @Test func thePauseIsTheLastRound() {
        var ledger = RoundLedger(guestPageCount: 1000)
        ledger.beginRound(pageCount: 1000, sent: sent(0), at: 0.5)
        _ = ledger.endRound(dirtyPageCount: 100, sent: sent(1000), at: 2)
        #expect(!ledger.isPaused)
        ledger.beginPause(sent: sent(1000), at: 2)
        #expect(ledger.isPaused)
        #expect(ledger.roundCount == 2)
        let estimate = ledger.estimate(sent: sent(1040), at: 2.1)
        #expect(estimate.isPaused)
        #expect(estimate.round == 2)
        #expect(estimate.roundPageCount == 100)
        #expect(estimate.sentPageCount == 40)
        #expect(estimate.remainingByteCount == 60 * 4096)
        let record = ledger.endRound(dirtyPageCount: 0, sent: sent(1100), at: 2.25).record
        #expect(record.isPaused)
        #expect(record.roundByteCount == 100 * 4196)
        let end = ledger.end(.completed, reason: "why", sent: sent(1100), at: 2.25)
        #expect(end.status == .completed)
        #expect(end.reason == "why")
        #expect(end.transferredByteCount == 1100 * 4196)
        #expect(end.remainingByteCount == 0)
        #expect(end.stockByteCount == 1100 * 4104)
        #expect(end.dirtySyncCount == 2)
        #expect(end.pauseMilliseconds == 250)
        #expect(end.setupMilliseconds == 500)
        #expect(end.totalMilliseconds == 2250)
    }

    @Test func aSaveOfAPausedGuestHasOneRound() {
        var ledger = RoundLedger(guestPageCount: 1000)
        ledger.beginPause(sent: sent(0), at: 1)
        #expect(ledger.estimate(sent: sent(250), at: 2).roundPageCount == 1000)
        let (round, record) = ledger.endRound(dirtyPageCount: 0, sent: sent(1000), at: 5)
        #expect(round.number == 0)
        #expect(round.sentPageCount == 1000)
        #expect(record.isPaused)
        #expect(ledger.pauseStart == 1)
    }

    @Test func whatFailedHasARemainder() {
        var ledger = RoundLedger(guestPageCount: 1000)
        let early = ledger.end(.failed, reason: "early", sent: sent(0), at: 0.25)
        #expect(early.remainingByteCount == 1000 * 4096)
        #expect(early.setupMilliseconds == 250)
        #expect(early.pauseMilliseconds == nil)
        #expect(early.dirtySyncCount == 0)
        ledger.beginRound(pageCount: 1000, sent: sent(0), at: 1)
        let late = ledger.end(.cancelled, reason: "late", sent: sent(700), at: 2)
        #expect(late.status == .cancelled)
        #expect(late.remainingByteCount == 300 * 4096)
    }

    @Test func aRoundWithoutPagesOrTimeDividesByNothing() {
        var ledger = RoundLedger(guestPageCount: 0)
        ledger.beginRound(pageCount: 0, sent: sent(0), at: 1)
        let (round, record) = ledger.endRound(dirtyPageCount: 0, sent: sent(0), at: 1)
        #expect(round.seconds == 0)
        #expect(record.megabitsPerSecond == 0)
        #expect(record.dirtyPagesPerSecond == 0)
        // A clock that goes back is no negative time.
        ledger.beginRound(pageCount: 0, sent: sent(0), at: 2)
        #expect(ledger.endRound(dirtyPageCount: 0, sent: sent(0), at: 1).round.seconds == 0)
    }

    @Test func unencodedBytesArePagesThatWereSentAsTheyAre() {
        let sent = SentSoFar(unencodedByteCount: 10 * 4104 + 40)
        #expect(sent.byteCount == 41_080)
        #expect(sent.stockByteCount == 41_080)
        #expect(sent.pages.whole == 10)
        #expect(sent.pages.total == 10)
    }

    @Test func whatAnEncoderWroteIsTakenOver() {
        var statistics = StreamStatistics()
        statistics.extendedByteCount = 10
        statistics.stockByteCount = 100
        statistics.pages.zeroPageCount = 3
        statistics.pages.deltaPageCount = 4
        let sent = SentSoFar(statistics)
        #expect(sent.byteCount == 10)
        #expect(sent.stockByteCount == 100)
        #expect(sent.pages.zero == 3)
        #expect(sent.pages.delta == 4)
        #expect(sent.treatments.isEmpty)
    }
}
