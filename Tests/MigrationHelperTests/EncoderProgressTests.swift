import Dispatch
import MigrationStream
import TestSupport
import Testing

@testable import MigrationHelper

@Suite(.timeLimit(.minutes(10)))
struct EncoderProgressTests {
    private func statistics(stockByteCount: Int) -> StreamStatistics {
        var statistics = StreamStatistics()
        statistics.stockByteCount = stockByteCount
        return statistics
    }

    /// Waits on another thread, and says when that is over.
    private func startWait(
        _ progress: EncoderProgress,
        forStockByteCount byteCount: Int,
        isInVain: @escaping @Sendable () -> Bool = { false }
    ) -> AsyncStream<Int> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        DispatchQueue.global().async {
            progress.wait(forStockByteCount: byteCount, isInVain: isInVain)
            continuation.yield(progress.statistics.stockByteCount)
            continuation.finish()
        }
        return stream
    }

    @Test func whatIsWrittenAlreadyIsNotWaitedFor() {
        let progress = EncoderProgress(waking: Semaphore())
        progress.note(statistics(stockByteCount: 100))
        progress.wait(forStockByteCount: 100) { false }
        progress.wait(forStockByteCount: 0) { false }
        #expect(progress.statistics.stockByteCount == 100)
    }

    @Test func theWaitEndsWhenEnoughIsWritten() async {
        let progress = EncoderProgress(waking: Semaphore())
        let ends = startWait(progress, forStockByteCount: 1000)
        for byteCount in stride(from: 0, through: 1000, by: 10) {
            progress.note(statistics(stockByteCount: byteCount))
        }
        // Not before.
        for await end in ends { #expect(end == 1000) }
    }

    @Test func anyPostMakesItLookAgainButNotGoOn() async {
        let mainThread = Semaphore()
        let progress = EncoderProgress(waking: mainThread)
        let ends = startWait(progress, forStockByteCount: 10)
        for _ in 0..<100 { mainThread.post() }
        progress.note(statistics(stockByteCount: 10))
        for await end in ends { #expect(end == 10) }
    }

    @Test func theWaitEndsIfItIsInVain() async {
        let mainThread = Semaphore()
        let progress = EncoderProgress(waking: mainThread)
        let looks = Collected<Bool>()
        let ends = startWait(progress, forStockByteCount: 10) {
            looks.append(true)
            return looks.all.count > 2
        }
        mainThread.post()
        mainThread.post()
        for await end in ends { #expect(end == 0) }
        #expect(looks.all.count == 3)
    }
}
