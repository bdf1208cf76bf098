import StopPolicy
import Testing

/// Rounds of the recorded guests: what libxenguest wrote, and what our stream with level 1 took.
@Suite struct RecordedRoundsTests {
    /// Pages, bytes by libxenguest, our bytes, pages that had not changed; the last one is the final
    /// round of stock.
    typealias Recorded = (sent: Int, stock: Int, encoded: Int, unchanged: Int)

    private static let kernelBuild: [Recorded] = [
        (1_044_480, 276_874_472, 63_954_245, 0),
        (9402, 38_581_872, 2_165_921, 4226),
        (2173, 8_918_040, 819_846, 343),
        (1530, 6_279_152, 390_526, 414),
        (1371, 5_626_616, 395_750, 437),
        (1075, 4_414_528, 340_086, 300),
    ]

    private static let database: [Recorded] = [
        (1_044_480, 343_983_336, 39_375_559, 0),
        (11784, 48_361_728, 645_791, 7328),
        (1420, 5_827_712, 69_688, 732),
        (582, 2_388_544, 22_241, 243),
        (620, 2_544_496, 20_497, 230),
        (991, 4_069_776, 79_495, 423),
    ]

    private func verdicts(_ recorded: [Recorded], bytesPerSecond: Double) -> [Verdict] {
        var policy = StopPolicy(StopRules())
        return zip(recorded, recorded.dropFirst()).enumerated().map { number, pair in
            policy.verdict(
                after: Round(
                    number: number,
                    sentPageCount: pair.0.sent,
                    dirtyPageCount: pair.1.sent,
                    encodedByteCount: pair.0.encoded,
                    stockByteCount: pair.0.stock,
                    unchangedPageCount: pair.0.unchanged,
                    seconds: Double(pair.0.encoded) / bytesPerSecond + 0.02
                )
            )
        }
    }

    @Test func aBuildGoesOnWhileStockDoes() {
        let result = verdicts(Self.kernelBuild, bytesPerSecond: 12.5e6)
        #expect(result.prefix(4).allSatisfy { $0.decision == .next })
        // The last round recorded left a fifth less than the one before, and took half a hundredth.
        #expect(result.last?.reason == .falling)
    }

    @Test func aDatabaseStopsWhereStockDoes() {
        let result = verdicts(Self.database, bytesPerSecond: 12.5e6)
        #expect(result.map(\.decision) == [.next, .next, .next, .next, .stop])
        #expect(result.last?.reason == .noGain)
    }

    @Test func whatIsLeftIsEstimatedFromWhatWasSentAgain() {
        for recorded in [Self.kernelBuild, Self.database] {
            let result = verdicts(recorded, bytesPerSecond: 12.5e6)
            // After round 0 it is too much: new pages are dearer than those that are sent again.
            for (verdict, next) in zip(result, recorded.dropFirst()).dropFirst() {
                let ratio = Double(verdict.pendingByteCount) / Double(next.encoded)
                #expect((0.5...2).contains(ratio), "after round \(verdict.roundNumber)")
            }
        }
    }
}
