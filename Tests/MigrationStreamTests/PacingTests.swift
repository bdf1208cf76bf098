import Synchronization
import TestSupport
import Testing

@testable import MigrationStream

@Suite struct PacingTests {
    /// What a sink saw, on a clock that only sleeping and writing move.
    private final class World: Sendable {
        struct State {
            var time = 0.0
            var writes: [(time: Double, byteCount: Int)] = []
            var bytes: [UInt8] = []
            var sleepMaximum = 0.0
        }

        let state = Mutex(State())

        var time: Double { state.withLock { $0.time } }
        var writes: [(time: Double, byteCount: Int)] { state.withLock { $0.writes } }

        func pass(_ seconds: Double) { state.withLock { $0.time += seconds } }
    }

    private struct TimedSink: ByteSink {
        let world: World
        var secondsPerWrite = 0.0
        var bufferByteCount: Int? = 65536
        var keepsBytes = false

        mutating func write(_ pieces: [UnsafeRawBufferPointer]) {
            world.state.withLock {
                $0.time += secondsPerWrite
                $0.writes.append(($0.time, pieces.reduce(0) { $0 + $1.count }))
                for piece in pieces { $0.bytes.append(contentsOf: piece.prefix(64)) }
            }
        }
    }

    private struct Cancelled: Error {}

    /// A sink whose sleeps last up to so much longer than they should.
    private func sink(
        _ world: World,
        _ limit: BandwidthLimit,
        oversleep: Double = 0,
        secondsPerWrite: Double = 0,
        seed: UInt64 = 0,
        didSleep: @escaping () throws -> Void = {}
    ) -> LimitedSink<TimedSink> {
        var random = SeededGenerator(seed: seed)
        return LimitedSink(
            TimedSink(world: world, secondsPerWrite: secondsPerWrite),
            limit: limit,
            now: { world.time },
            sleep: { seconds in
                world.state.withLock { $0.sleepMaximum = max($0.sleepMaximum, seconds) }
                world.pass(seconds)
                if oversleep > 0 { world.pass(.random(in: 0...oversleep, using: &random)) }
                try didSleep()
            }
        )
    }

    /// The fewest and the most bytes in any two seconds that begin with a write.
    private func extremes(_ writes: [(time: Double, byteCount: Int)]) -> ClosedRange<Double> {
        var (least, most) = (Double.infinity, 0.0)
        var (end, sum) = (0, 0)
        for start in writes.indices {
            while end < writes.count, writes[end].time < writes[start].time + 2 {
                sum += writes[end].byteCount
                end += 1
            }
            if end == writes.count { break }
            (least, most) = (min(least, Double(sum)), max(most, Double(sum)))
            sum -= writes[start].byteCount
        }
        return least...most
    }

    private func write(
        _ byteCount: Int,
        to sink: inout LimitedSink<TimedSink>,
        _ random: inout SeededGenerator
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 22, alignment: 8)
        defer { buffer.deallocate() }
        var rest = byteCount
        while rest > 0 {
            // From the header of a record to a batch of pages.
            let longest = 1 << Int.random(in: 4...22, using: &random)
            let part = min(rest, .random(in: 1...longest, using: &random))
            let middle = Int.random(in: 0...part, using: &random)
            let pieces = [buffer[..<middle], buffer[middle..<middle], buffer[middle..<part]]
            try sink.write(pieces.map { UnsafeRawBufferPointer(rebasing: $0) })
            rest -= part
        }
    }

    @Test(arguments: [50e3, 5e6, 125e6], [0, 0.001, 0.008])
    func anyTwoSecondsCarryWhatTheLimitSays(bytesPerSecond: Double, oversleep: Double) throws {
        let seed = SeededGenerator.seedOfRun
        var random = SeededGenerator(seed: seed)
        let world = World()
        var sink = sink(
            world,
            BandwidthLimit(bytesPerSecond: bytesPerSecond),
            oversleep: oversleep,
            seed: seed
        )
        try write(Int(bytesPerSecond * 8), to: &sink, &random)
        let found = extremes(world.writes)
        #expect(found.lowerBound >= bytesPerSecond * 2 * 0.97, "seed \(seed): \(found)")
        #expect(found.upperBound <= bytesPerSecond * 2 * 1.03, "seed \(seed): \(found)")
    }

    @Test func aPauseIsNotMadeUpFor() throws {
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        let world = World()
        var sink = sink(world, BandwidthLimit(bytesPerSecond: 1e6))
        try write(3_000_000, to: &sink, &random)
        world.pass(10)
        try write(5_000_000, to: &sink, &random)
        #expect(extremes(world.writes).upperBound <= 2e6 * 1.03)
    }

    @Test func aSinkThatIsSlowerIsNotSlowedDownFurther() throws {
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        let world = World()
        // A write carries 5000 bytes at most: 250 kB/s.
        var sink = sink(world, BandwidthLimit(bytesPerSecond: 1e6), secondsPerWrite: 0.02)
        try write(200_000, to: &sink, &random)
        #expect(world.state.withLock { $0.sleepMaximum } <= 0.005)
        #expect(world.time <= Double(world.writes.count) * 0.02 + 0.02)
    }

    @Test func aChangeTakesEffectAtOnce() throws {
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        let world = World()
        let limit = BandwidthLimit(bytesPerSecond: 5e6)
        var sink = sink(world, limit) {
            if world.time >= 5 { limit.bytesPerSecond = 1e6 }
            if world.time >= 10 { limit.bytesPerSecond = 8e6 }
        }
        try write(25_000_000 + 5_000_000 + 40_000_000, to: &sink, &random)
        #expect((14.9...15.1).contains(world.time))
        let writes = world.writes
        for (seconds, rate) in [(0.0..<5.0, 5e6), (5.02..<9.99, 1e6), (10.02..<15, 8e6)] {
            let found = extremes(writes.filter { seconds.contains($0.time) })
            #expect(found.lowerBound >= rate * 2 * 0.97, "\(seconds): \(found)")
            #expect(found.upperBound <= rate * 2 * 1.03, "\(seconds): \(found)")
        }
    }

    @Test func aLiftedLimitIsGoneWithinAHundredthOfASecond() throws {
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        let world = World()
        // A byte a second: the sleep would last for ever.
        let limit = BandwidthLimit(bytesPerSecond: 1)
        var sink = sink(world, limit) {
            if world.time >= 3 { limit.lift() }
        }
        try write(10_000_000, to: &sink, &random)
        #expect(world.time <= 3.0101)
        limit.bytesPerSecond = 1
        try write(1_000_000, to: &sink, &random)
        #expect(world.time <= 3.0101)
        #expect(limit.bytesPerSecond == nil)
    }

    @Test func noLimitMeansOneWrite() throws {
        let world = World()
        var sink = sink(world, BandwidthLimit(bytesPerSecond: nil))
        try [UInt8](repeating: 1, count: 1 << 20).withUnsafeBytes { try sink.write([$0, $0]) }
        #expect(world.writes.map(\.byteCount) == [2 << 20])
        #expect(world.time == 0)
    }

    @Test func aLimitThatComesLaterStartsWithoutCredit() throws {
        var random = SeededGenerator(seed: SeededGenerator.seedOfRun)
        let world = World()
        let limit = BandwidthLimit(bytesPerSecond: nil)
        var sink = sink(world, limit)
        world.pass(100)
        limit.bytesPerSecond = 1e6
        try write(1_000_000, to: &sink, &random)
        #expect((100.999...101.01).contains(world.time))
    }

    @Test func whatTheSleepThrowsEndsTheWrite() {
        let world = World()
        var sink = sink(world, BandwidthLimit(bytesPerSecond: 1e3)) {
            if world.time > 1 { throw Cancelled() }
        }
        #expect(throws: Cancelled.self) {
            try [UInt8](repeating: 1, count: 1 << 20).withUnsafeBytes { try sink.write([$0]) }
        }
        #expect(world.time < 1.02)
    }

    @Test func bytesKeepTheirOrder() throws {
        let world = World()
        var sink = sink(world, BandwidthLimit(bytesPerSecond: 3000))
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try bytes.withUnsafeBytes { all in
            let pieces = [all[0..<1], all[1..<1], all[1..<500], all[500..<999], all[999..<1000]]
            try sink.write(pieces.map { UnsafeRawBufferPointer(rebasing: $0) })
        }
        #expect(world.state.withLock { $0.bytes } == bytes)
        #expect(world.writes.allSatisfy { $0.byteCount <= 15 })
    }

    @Test func theBufferIsThatOfTheSinkAndTheBurst() {
        let world = World()
        let limit = BandwidthLimit(bytesPerSecond: 5e6)
        #expect(sink(world, limit).bufferByteCount == 65536 + 100_000)
        limit.bytesPerSecond = 1e300
        #expect((sink(world, limit).bufferByteCount ?? 0) > 65536)
        limit.bytesPerSecond = .infinity
        #expect(sink(world, limit).bufferByteCount == 65536)
        limit.lift()
        #expect(sink(world, limit).bufferByteCount == 65536)
        #expect(!sink(world, limit).keepsBytes)
    }

    @Test(arguments: [0, -1, .infinity, -.infinity, .nan, 1e-300, 1e300])
    func noRateTraps(bytesPerSecond: Double) {
        var bucket = TokenBucket(bytesPerSecond: bytesPerSecond, at: 0)
        for time in [0, 1, 1, 0.5, 1e18] {
            _ = bucket.take(.max, at: time)
            bucket.change(to: bytesPerSecond, at: time)
        }
    }
}
