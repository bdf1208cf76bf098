import TestSupport
import Testing

@testable import MigrationReport

struct MeasuresTests {
    @Test func ratesAreWhatTheyAreCalled() {
        #expect(Measures.megabitsPerSecond(byteCount: 12_500_000, seconds: 1) == 100)
        #expect(Measures.megabitsPerSecond(byteCount: 41_300_000, seconds: 34.1) == 9.689)
        #expect(Measures.dirtyPagesPerSecond(dirtyPageCount: 3000, seconds: 1.5) == 2000)
    }

    @Test func withoutTimeOrBytesARateIsZero() {
        for seconds in [0, -1, Double.nan, -Double.infinity] {
            #expect(Measures.megabitsPerSecond(byteCount: .max, seconds: seconds) == 0)
            #expect(Measures.dirtyPagesPerSecond(dirtyPageCount: .max, seconds: seconds) == 0)
        }
        #expect(Measures.megabitsPerSecond(byteCount: .max, seconds: .leastNonzeroMagnitude) == 0)
        #expect(Measures.megabitsPerSecond(byteCount: 0, seconds: 1) == 0)
        #expect(Measures.megabitsPerSecond(byteCount: -5, seconds: 1) == 0)
    }

    @Test func unitsAreForPeople() {
        #expect(Units.bytes(0) == "0 B")
        #expect(Units.bytes(999) == "999 B")
        #expect(Units.bytes(1000) == "1.00 kB")
        #expect(Units.bytes(999_999) == "1.00 MB")
        #expect(Units.bytes(268_435_456) == "268 MB")
        #expect(Units.bytes(41_300_000) == "41.3 MB")
        #expect(Units.bytes(.max) == "9223 PB")
        #expect(Units.time(milliseconds: 212) == "212 ms")
        #expect(Units.time(milliseconds: 34_120) == "34.1 s")
        #expect(Units.time(milliseconds: 125_000) == "2 min 5 s")
        #expect(Units.time(milliseconds: 12_000_000) == "3 h 20 min")
        #expect(Units.time(seconds: 0.9999) == "1.00 s")
        #expect(Units.time(seconds: .infinity) != "")
        #expect(Units.rate(9.7) == "9.70 Mbit/s")
        #expect(Units.grouped(65_536) == "65,536")
        #expect(Units.grouped(999) == "999")
        #expect(Units.grouped(-1_234_567) == "-1,234,567")
        #expect(Units.decimal(.nan, digits: 1) == "?")
        #expect(Units.decimal(-0.05, digits: 2) == "-0.05")
    }

    @Test func theSummaryIsOneLineForXl() {
        var end = EndRecord()
        end.dirtySyncCount = 12
        end.totalByteCount = 256 << 20
        end.transferredByteCount = 41_300_000
        end.totalMilliseconds = 34_100
        end.megabitsPerSecond = 9.689
        end.pauseMilliseconds = 212
        #expect(
            end.summary
                == "cloudnet: 12 rounds, 268 MB of memory as 41.3 MB in 34.1 s (9.69 Mbit/s), "
                + "pause 212 ms"
        )
        end.status = .failed
        end.dirtySyncCount = 1
        end.pauseMilliseconds = nil
        #expect(
            end.summary
                == "cloudnet: failed after 1 round, 268 MB of memory as 41.3 MB in 34.1 s "
                + "(9.69 Mbit/s)"
        )
    }
}

struct ProgressEstimateTests {
    /// 65,536 pages, of which 16,384 were sent in 10 s with 1,024 bytes each.
    private var firstRound: ProgressEstimate.Measurement {
        var now = ProgressEstimate.Measurement()
        now.totalByteCount = 256 << 20
        now.roundPageCount = 65_536
        now.sentPageCount = 16_384
        now.encodedByteCount = 16 << 20
        now.roundEncodedByteCount = 16 << 20
        now.roundSeconds = 10
        return now
    }

    @Test func inTheFirstRoundTheRestTakesAsLongAsWhatWasSent() {
        let estimate = ProgressEstimate(firstRound)
        #expect(estimate.transferredByteCount == 16 << 20)
        #expect(estimate.remainingByteCount == 192 << 20)
        #expect(estimate.megabitsPerSecond == 13.422)
        #expect(estimate.roundRemainingSeconds == 30)
        #expect(estimate.remainingSeconds == 30)
        #expect(estimate.expectedPauseSeconds == 30)
    }

    @Test func whatGetsDirtyMeanwhileIsSentToo() {
        var now = firstRound
        now.round = 2
        // Half of the 1,638.4 pages per second that the link takes.
        now.dirtyPagesPerSecond = 819.2
        let estimate = ProgressEstimate(now)
        #expect(estimate.remainingByteCount == (49_152 + 8_192) * 4096)
        #expect(estimate.roundRemainingSeconds == 30)
        #expect(estimate.expectedPauseSeconds == 35)
        #expect(estimate.remainingSeconds == 70)
    }

    @Test func aGuestThatChangesFasterHasNoRemainingTime() {
        var now = firstRound
        now.round = 2
        now.dirtyPagesPerSecond = 1700
        let estimate = ProgressEstimate(now)
        #expect(estimate.remainingSeconds == nil)
        #expect(estimate.roundRemainingSeconds == 30)
        #expect(estimate.text(doing: "round 2") == "round 2, 13.4 Mbit/s, round 30.0 s left")
        now.isPaused = true
        #expect(ProgressEstimate(now).remainingSeconds == 30)
        #expect(
            ProgressEstimate(now).text(doing: "round 2") == "round 2, 13.4 Mbit/s, 30.0 s left"
        )
    }

    @Test func fewPagesSayLessThanTheRoundBefore() {
        var now = firstRound
        now.round = 2
        now.roundPageCount = 10_240
        now.sentPageCount = 10
        now.roundEncodedByteCount = 40_920
        now.roundSeconds = 0.4
        now.previousBytesPerPage = 100
        #expect(ProgressEstimate(now).roundRemainingSeconds == 10)
    }

    @Test func untilARoundHasSentSomethingTheRateIsThatOfTheRoundBefore() {
        var now = firstRound
        now.round = 2
        now.roundPageCount = 1000
        now.sentPageCount = 0
        now.roundEncodedByteCount = 0
        now.roundSeconds = 3
        now.previousBytesPerPage = 100
        now.previousBytesPerSecond = 50_000
        #expect(ProgressEstimate(now).bytesPerSecond == 50_000)
        #expect(ProgressEstimate(now).roundRemainingSeconds == 2)
        now.roundEncodedByteCount = 30_000
        #expect(ProgressEstimate(now).bytesPerSecond == 10_000)
    }

    @Test func beforeAnythingWasSentOnlyThePagesAreKnown() {
        var now = ProgressEstimate.Measurement()
        now.totalByteCount = 1 << 20
        now.roundPageCount = 256
        let estimate = ProgressEstimate(now)
        #expect(estimate.remainingByteCount == 1 << 20)
        #expect(estimate.megabitsPerSecond == 0)
        #expect(estimate.remainingSeconds == nil)
        #expect(estimate.roundRemainingSeconds == nil)
        #expect(estimate.text(doing: "Frames") == "Frames")
    }

    @Test func noInputTrapsOrGivesWhatIsNoNumber() {
        let seed = SeededGenerator.seedOfRun
        var random = SeededGenerator(seed: seed)
        let counts = [0, 1, -1, 4096, 65_536, .max, .min]
        let values = [0, 1, -1, 1e-300, 1e300, Double.infinity, .nan]
        func count() -> Int { counts.randomElement(using: &random) ?? 0 }
        func value() -> Double { values.randomElement(using: &random) ?? 0 }
        for _ in 0..<5000 {
            var now = ProgressEstimate.Measurement()
            now.isPaused = Bool.random(using: &random)
            now.totalByteCount = count()
            now.roundPageCount = count()
            now.sentPageCount = count()
            now.encodedByteCount = count()
            now.roundEncodedByteCount = count()
            now.roundSeconds = value()
            now.previousBytesPerPage = Bool.random(using: &random) ? value() : nil
            now.previousBytesPerSecond = Bool.random(using: &random) ? value() : nil
            now.dirtyPagesPerSecond = Bool.random(using: &random) ? value() : nil
            let estimate = ProgressEstimate(now)
            #expect(estimate.remainingByteCount >= 0, "CLOUDNET_TEST_SEED=\(seed)")
            #expect(estimate.megabitsPerSecond.isFinite, "CLOUDNET_TEST_SEED=\(seed)")
            _ = estimate.text(doing: "")
            _ = ProgressRecord(estimate, totalMilliseconds: 0)
        }
    }
}
