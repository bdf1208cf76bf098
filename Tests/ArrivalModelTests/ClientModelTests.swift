import TestSupport
import Testing

@testable import ArrivalModel

/// What clients notice of a group that moves.
struct ClientModelTests {
    private let model = ClientModel(baseSeconds: 0.02, callCount: 10, roundTripSeconds: 0.03)

    private func group(_ times: (Double, Double)...) throws -> GroupArrival {
        try #require(
            GroupArrival(times.map { .init(suspendTime: $0.0, resumeTime: $0.1) })
        )
    }

    private func isClose(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) < 1e-9
    }

    // MARK: The group

    @Test func thereIsNoGroupWithoutMembers() {
        #expect(GroupArrival([]) == nil)
    }

    @Test func aGroupIsSplitFromOneArrivalToTheNextPause() throws {
        let group = try group((10, 11), (15, 17))
        #expect(isClose(group.suspendSkewSeconds, 5) && isClose(group.arrivalSkewSeconds, 6))
        #expect(group.switchover == 10..<17)
        #expect(isClose(group.pausedSeconds, 3) && isClose(group.splitSeconds, 4))
        let phases = [9.9, 10, 10.9, 11, 14.9, 15, 16.9, 17, 99].map { group.phase(at: $0) }
        #expect(
            phases == [
                .together, .paused, .paused, .split, .split, .paused, .paused, .together,
                .together,
            ]
        )
    }

    @Test func pausesThatOverlapLeaveNoSplit() throws {
        let group = try group((10, 12), (11, 14), (10.5, 13))
        #expect(group.splitSeconds == 0)
        #expect(isClose(group.pausedSeconds, 4))
        #expect(group.phase(at: 12.5) == .paused)
    }

    @Test func aSingleGuestIsNeverSplit() throws {
        #expect(try group((3, 4)).splitSeconds == 0)
    }

    // MARK: Requests

    @Test func farFromTheMoveARequestTakesTheBaseTime() throws {
        let group = try group((10, 11), (15, 17))
        for time in [0, 9.9, 17, 30] {
            #expect(isClose(model.responseSeconds(at: time, group), 0.02))
        }
    }

    @Test func whileSplitEachCallTakesARoundTripMore() throws {
        #expect(isClose(model.splitSeconds, 0.32))
        #expect(isClose(model.responseSeconds(at: 12, try group((10, 11), (15, 17))), 0.32))
    }

    @Test func aRequestWaitsForTheEndOfAPauseAndThenGoesOnAsItIsThen() throws {
        let group = try group((10, 11), (15, 17))
        // At the end of the first pause the application is split.
        #expect(isClose(model.responseSeconds(at: 10.25, group), 0.75 + 0.32))
        #expect(isClose(model.responseSeconds(at: 16.5, group), 0.5 + 0.02))
        // Half of it was done before the pause.
        #expect(isClose(model.responseSeconds(at: 9.99, group), 0.01 + 1 + 0.16))
        // A quarter of it was done while split.
        #expect(isClose(model.responseSeconds(at: 15 - 0.08, group), 0.08 + 2 + 0.015))
    }

    @Test func requestsEndInTheOrderInWhichTheyCome() throws {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        for _ in 0..<50 {
            let members = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                let start = Double.random(in: 1...20, using: &generator)
                let pause = Double.random(in: 0...3, using: &generator)
                return GroupArrival.Member(suspendTime: start, resumeTime: start + pause)
            }
            let group = try #require(GroupArrival(members))
            var lastEnd = 0.0
            for number in 0..<2500 {
                let time = Double(number) / 100
                let response = model.responseSeconds(at: time, group)
                #expect(response >= 0.02 - 1e-9)
                #expect(
                    time + response >= lastEnd - 1e-9,
                    "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"
                )
                lastEnd = time + response
            }
            #expect(group.pausedSeconds + group.splitSeconds <= 23)
        }
    }

    @Test func requestsComeEvenly() throws {
        let group = try group((10, 11), (15, 17))
        let responses = model.responseSeconds(during: 8..<10, every: 0.5, group)
        #expect(responses.count == 4)
        #expect(responses.allSatisfy { isClose($0, 0.02) })
        // The mean over a pause of 1 s is half of it, and what comes behind it.
        let paused = model.responseSeconds(during: 10..<11, every: 0.001, group)
        #expect(paused.count == 1000)
        #expect(isClose(paused.reduce(0, +) / 1000, 0.5 + 0.32))
        #expect(model.responseSeconds(during: 3..<3, every: 1, group).count == 1)
    }
}
