import LinkModel
import TestSupport
import Testing

/// The model of a link with several streams, by a simulated clock.
struct SharedLinkTests {
    private static func properties(byteRate: Double = 1e6) -> LinkProperties {
        var properties = LinkProperties(byteRate: byteRate)
        properties.roundTripTime = .milliseconds(20)
        return properties
    }

    /// Runs a link of which some streams always have something to send.
    ///
    /// - Returns: What arrived of each in a second, behind the first one.
    private static func byteCountsPerSecond(
        of senders: Set<Int>,
        streamCount: Int
    ) throws -> [Int] {
        var link = try SharedLink(properties(), streamCount: streamCount)
        var result = Array(repeating: 0, count: streamCount)
        for millisecond in 0..<2000 {
            let now = Duration.milliseconds(millisecond)
            for stream in 0..<streamCount {
                if senders.contains(stream) {
                    link.send(link.freeByteCount(stream), of: stream, at: now)
                }
                let count = link.arrivedByteCount(stream, at: now)
                link.take(count, of: stream)
                if millisecond >= 1000 { result[stream] += count }
            }
        }
        return result
    }

    @Test func oneStreamHasAllOfTheLink() throws {
        let counts = try Self.byteCountsPerSecond(of: [1], streamCount: 3)
        #expect(counts[0] == 0 && counts[2] == 0)
        #expect(abs(counts[1] - 1_000_000) < 3000)
    }

    @Test(arguments: [2, 3, 8, 30])
    func streamsShareEqually(streamCount: Int) throws {
        let counts = try Self.byteCountsPerSecond(
            of: Set(0..<streamCount),
            streamCount: streamCount
        )
        for count in counts { #expect(abs(count - 1_000_000 / streamCount) < 3000) }
    }

    @Test func aSlowStreamLeavesTheRestToTheOther() throws {
        var link = try SharedLink(Self.properties(), streamCount: 2)
        var counts = [0, 0]
        for millisecond in 0..<2000 {
            let now = Duration.milliseconds(millisecond)
            link.send(link.freeByteCount(0), of: 0, at: now)
            // A tenth of the rate.
            link.send(100, of: 1, at: now)
            for stream in 0..<2 {
                let count = link.arrivedByteCount(stream, at: now)
                link.take(count, of: stream)
                if millisecond >= 1000 { counts[stream] += count }
            }
        }
        #expect(abs(counts[0] - 900_000) < 3000)
        #expect(abs(counts[1] - 100_000) < 3000)
    }

    @Test func bytesArriveAfterTheirTurnAndHalfARoundTrip() throws {
        var link = try SharedLink(Self.properties(byteRate: 1e5), streamCount: 2)
        link.send(1000, of: 0, at: .seconds(5))
        link.send(1000, of: 1, at: .seconds(5))
        #expect(link.nextEvent == .seconds(5) + .milliseconds(10))
        #expect(link.arrivedByteCount(0, at: .seconds(5) + .milliseconds(19)) == 0)
        #expect(link.arrivedByteCount(0, at: .seconds(5) + .milliseconds(20)) == 1000)
        #expect(link.arrivedByteCount(1, at: .seconds(5) + .milliseconds(29)) == 0)
        #expect(link.arrivedByteCount(1, at: .seconds(5) + .milliseconds(30)) == 1000)
        #expect(link.nextEvent == nil)
    }

    @Test func theEndOfAStreamComesBehindItsLastByteAndNotBehindOthers() throws {
        var link = try SharedLink(Self.properties(byteRate: 1e5), streamCount: 2)
        link.send(1000, of: 0, at: .zero)
        link.sendEnd(of: 0, at: .zero)
        link.send(50_000, of: 1, at: .zero)
        _ = link.arrivedByteCount(0, at: .milliseconds(19))
        #expect(!link.hasEnded(0))
        // The end waits for its turn: one segment of the other stream.
        let later = Duration.milliseconds(60)
        #expect(link.arrivedByteCount(0, at: later) == 1000)
        #expect(!link.hasEnded(0))
        link.take(1000, of: 0)
        #expect(link.hasEnded(0) && !link.hasEnded(1))
    }

    @Test func eachStreamHasAQueueOfItsOwn() throws {
        var properties = Self.properties()
        properties.queueByteCount = 5000
        var link = try SharedLink(properties, streamCount: 2)
        #expect(link.freeByteCount(0) == 25_000)
        link.send(25_000, of: 0, at: .zero)
        #expect(link.freeByteCount(0) == 0 && link.freeByteCount(1) == 25_000)
        _ = link.arrivedByteCount(0, at: .seconds(1))
        #expect(link.freeByteCount(0) == 0)
        link.take(10_000, of: 0)
        #expect(link.freeByteCount(0) == 10_000)
    }
}
