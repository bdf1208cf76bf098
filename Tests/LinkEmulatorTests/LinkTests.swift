import LinkModel
import TestSupport
import Testing

/// The model by a simulated clock.
struct LinkTests {
    @Test func theWriterOfAFullLinkSleepsUntilAThirdOfTheQueueIsEmpty() {
        var properties = LinkProperties(byteRate: 12.5e6)
        #expect(properties.wakingByteCount == (256 << 10) / 3)
        properties.queueByteCount = 0
        #expect(properties.wakingByteCount == properties.segmentByteCount)
    }

    // MARK: Rate and delay

    @Test func aByteArrivesAfterItsTimeOnTheLinkAndHalfARoundTrip() throws {
        var properties = LinkProperties(byteRate: 1000)
        properties.roundTripTime = .milliseconds(40)
        var link = try Link(properties)
        link.send(100, at: .zero)
        #expect(link.nextArrival == .milliseconds(120))
        #expect(link.arrivedByteCount(at: .milliseconds(119)) == 0)
        #expect(link.arrivedByteCount(at: .milliseconds(120)) == 100)
        #expect(link.nextArrival == nil)
    }

    @Test(arguments: [
        (byteRate: 12.5e6, rtt: 20), (byteRate: 465e6 / 8 / 4, rtt: 27), (byteRate: 125e6, rtt: 1),
        (byteRate: 20e3, rtt: 300), (byteRate: 1.25e9, rtt: 0),
    ])
    func noTimeSeesMoreThanTheRateAndASegment(byteRate: Double, rtt: Int) throws {
        var properties = LinkProperties(byteRate: byteRate)
        properties.roundTripTime = .milliseconds(rtt)
        let arrivals = try Self.saturated(properties, for: .seconds(3))
        let segment = Double(properties.segmentByteCount)
        for window in [1, 10, 100, 1000] {
            for start in stride(from: 0, to: 3000 - window, by: 7) {
                let count = Double(arrivals[start + window] - arrivals[start])
                let full = byteRate * Double(window) / 1000
                #expect(count <= full + segment, "\(window) ms from \(start) ms")
                if start > rtt { #expect(count >= full - segment, "\(window) ms from \(start) ms") }
            }
        }
        let second = Double(arrivals[2500] - arrivals[1500])
        #expect(abs(second / byteRate - 1) < 0.01 || abs(second - byteRate) <= segment)
    }

    @Test func aWindowBoundsTheRateToAWindowPerRoundTrip() throws {
        var properties = LinkProperties(byteRate: 125e6)
        properties.roundTripTime = .milliseconds(100)
        properties.windowByteCount = 500_000
        let arrivals = try Self.saturated(properties, for: .seconds(3))
        #expect(abs(Double(arrivals[2500] - arrivals[1500]) / 5e6 - 1) < 0.01)
    }

    @Test func anIdleLinkSavesNothingUp() throws {
        var link = try Link(LinkProperties(byteRate: 1e6))
        link.send(1000, at: .seconds(5))
        link.send(1000, at: .seconds(5))
        #expect(link.nextArrival == .seconds(5) + .milliseconds(1))
        #expect(link.arrivedByteCount(at: .seconds(5) + .milliseconds(1)) == 1000)
        #expect(link.nextArrival == .seconds(5) + .milliseconds(2))
    }

    // MARK: What the link holds

    @Test func aFullLinkTakesMoreOnlyWhenTheReaderTakesSome() throws {
        var properties = LinkProperties(byteRate: 1e6)
        properties.roundTripTime = .milliseconds(100)
        properties.queueByteCount = 5000
        var link = try Link(properties)
        #expect(link.freeByteCount == 105_000)
        link.send(105_000, at: .zero)
        #expect(link.freeByteCount == 0)
        #expect(link.arrivedByteCount(at: .seconds(1)) == 105_000)
        #expect(link.freeByteCount == 0)
        link.take(60_000)
        #expect(link.freeByteCount == 60_000)
    }

    @Test func theEndArrivesBehindTheLastByteAndIsNotOverWhileBytesWait() throws {
        var properties = LinkProperties(byteRate: 1000)
        properties.roundTripTime = .milliseconds(40)
        var link = try Link(properties)
        link.send(100, at: .zero)
        link.sendEnd(at: .zero)
        #expect(!link.hasEnded(at: .milliseconds(119)))
        #expect(link.arrivedByteCount(at: .milliseconds(120)) == 100)
        #expect(!link.hasEnded(at: .milliseconds(120)))
        link.take(100)
        #expect(link.hasEnded(at: .milliseconds(120)))
    }

    @Test func theEndOfAnEmptyStreamIsDelayedToo() throws {
        var properties = LinkProperties(byteRate: 1000)
        properties.roundTripTime = .milliseconds(40)
        var link = try Link(properties)
        link.sendEnd(at: .zero)
        #expect(!link.hasEnded(at: .milliseconds(19)))
        #expect(link.nextArrival == .milliseconds(20))
        #expect(link.hasEnded(at: .milliseconds(20)))
    }

    // MARK: Cuts

    @Test func aCutDelaysAllThatHasNotArrived() throws {
        var properties = LinkProperties(byteRate: 1000)
        properties.roundTripTime = .milliseconds(200)
        properties.cuts = [
            Cut(start: .milliseconds(500), length: .seconds(2)),
            Cut(start: .seconds(4), length: .seconds(1)),
        ]
        var link = try Link(properties)
        link.send(300, at: .zero)
        // On its way when the cut comes.
        link.send(200, at: .milliseconds(300))
        #expect(link.arrivedByteCount(at: .milliseconds(400)) == 300)
        #expect(link.nextArrival == .milliseconds(2600))
        #expect(link.arrivedByteCount(at: .milliseconds(2599)) == 300)
        #expect(link.arrivedByteCount(at: .milliseconds(2600)) == 500)
        // Sent during the second cut.
        link.send(100, at: .milliseconds(4500))
        #expect(link.nextArrival == .milliseconds(5200))
        #expect(link.breakTime == nil)
    }

    @Test func aCutWithoutEndLetsNothingThroughAndBreaksTheConnection() throws {
        var properties = LinkProperties(byteRate: 1000)
        properties.cuts = [Cut(start: .seconds(1), length: nil)]
        properties.timeout = .seconds(7)
        var link = try Link(properties)
        link.send(1500, at: .zero)
        link.send(10, at: .seconds(2))
        #expect(link.arrivedByteCount(at: .seconds(1000)) == 0)
        #expect(link.nextArrival == nil)
        #expect(link.breakTime == .seconds(8))
    }

    @Test func onlyACutThatOutlastsTheTimeoutBreaksTheConnection() throws {
        var properties = LinkProperties(byteRate: 1000)
        properties.timeout = .seconds(3)
        properties.cuts = [
            Cut(start: .seconds(1), length: .seconds(3)),
            Cut(start: .seconds(9), length: .seconds(4)),
        ]
        #expect(try Link(properties).breakTime == .seconds(12))
    }

    // MARK: Jitter and losses

    @Test(arguments: [1, 2, 3] as [UInt64])
    func theSameSeedGivesTheSameJitterAndLosses(seed: UInt64) throws {
        var properties = LinkProperties(byteRate: 1e6)
        properties.roundTripTime = .milliseconds(20)
        properties.jitter = .milliseconds(5)
        properties.lossRate = 0.01
        properties.seed = seed
        let first = try Self.saturated(properties, for: .seconds(2))
        #expect(try Self.saturated(properties, for: .seconds(2)) == first)
        properties.seed += 10
        #expect(try Self.saturated(properties, for: .seconds(2)) != first)
    }

    @Test func jitterDelaysByAtMostItsTimeAndKeepsTheOrder() throws {
        let seed = SeededGenerator.seedOfRun
        var properties = LinkProperties(byteRate: 1e9)
        properties.roundTripTime = .milliseconds(20)
        properties.jitter = .milliseconds(8)
        properties.seed = seed
        var link = try Link(properties)
        var last = Duration.zero
        var isLate = false
        for step in 0..<500 {
            let time = Duration.milliseconds(20 * step)
            link.send(1000, at: time)
            let delay = try #require(link.nextArrival) - time
            #expect(delay >= .milliseconds(10), "CLOUDNET_TEST_SEED=\(seed)")
            #expect(delay <= .microseconds(18_002), "CLOUDNET_TEST_SEED=\(seed)")
            #expect(time + delay > last, "CLOUDNET_TEST_SEED=\(seed)")
            last = time + delay
            isLate = isLate || delay > .milliseconds(14)
            #expect(link.arrivedByteCount(at: last) == 1000)
            link.take(1000)
        }
        #expect(isLate)
    }

    @Test(arguments: [(nil, 40), (Duration.milliseconds(200), 200)] as [(Duration?, Int)])
    func eachLossStallsTheSenderOnce(stall: Duration?, milliseconds: Int) throws {
        let seed = SeededGenerator.seedOfRun
        var properties = LinkProperties(byteRate: 1e6)
        properties.roundTripTime = .milliseconds(40)
        properties.stallTime = stall
        properties.lossRate = 0.01
        properties.queueByteCount = 20_000_000
        properties.seed = seed
        var link = try Link(properties)
        let byteCount = 20_000_000
        link.send(byteCount, at: .zero)
        link.sendEnd(at: .zero)
        var end = Duration.zero
        while let arrival = link.nextArrival, arrival > end {
            end = arrival
            link.take(link.arrivedByteCount(at: end))
        }
        let undisturbed = Duration.seconds(20) + .milliseconds(20)
        let stalled = Duration.milliseconds(milliseconds * link.stallCount)
        let difference = end - undisturbed - stalled
        #expect(
            difference > .milliseconds(-1) && difference < .milliseconds(1),
            "CLOUDNET_TEST_SEED=\(seed)"
        )
        // 13,812 packets, of which 138 are expected to be lost: within six standard deviations.
        #expect((68...208).contains(link.stallCount), "CLOUDNET_TEST_SEED=\(seed)")
    }

    // MARK: Refusal

    @Test func impossibleLinksAreRefused() throws {
        func refuses(_ error: LinkPropertiesError, _ change: (inout LinkProperties) -> Void) {
            var properties = LinkProperties(byteRate: 1e6)
            change(&properties)
            #expect(throws: error) { try Link(properties) }
        }
        refuses(.rate(0)) { $0.byteRate = 0 }
        refuses(.lossRate(1)) { $0.lossRate = 1 }
        refuses(.time("jitter")) { $0.jitter = .seconds(-1) }
        refuses(.time("cut")) { $0.cuts = [Cut(start: .seconds(-1), length: nil)] }
        refuses(.capacity(1 << 40)) { $0.queueByteCount = 1 << 40 }
        refuses(.capacity(-1)) { $0.queueByteCount = -1 }
        refuses(.overlappingCuts(start: .seconds(2))) {
            $0.cuts = [
                Cut(start: .seconds(1), length: .seconds(2)), Cut(start: .seconds(2), length: nil),
            ]
        }
        refuses(.overlappingCuts(start: .seconds(2))) {
            $0.cuts = [Cut(start: .seconds(1), length: nil), Cut(start: .seconds(2), length: nil)]
        }
    }

    /// How many bytes have arrived after each millisecond, if writer and reader are never late.
    private static func saturated(
        _ properties: LinkProperties,
        for time: Duration
    ) throws -> [Int] {
        var link = try Link(properties)
        var arrivals: [Int] = []
        var total = 0
        var now = Duration.zero
        for millisecond in 0...Int(time / .milliseconds(1)) {
            let end = Duration.milliseconds(millisecond)
            repeat {
                let count = link.arrivedByteCount(at: now)
                link.take(count)
                total += count
                link.send(link.freeByteCount, at: now)
                now = min(link.nextArrival ?? end, end)
            } while now < end
            let count = link.arrivedByteCount(at: end)
            link.take(count)
            total += count
            arrivals.append(total)
        }
        return arrivals
    }
}
