import Testing

@testable import Coordination

/// When a group stops.
@Suite struct ReleaseTests {
    /// Two members that are there and known.
    private func pair(_ rules: GroupRules = .pair()) -> Desk {
        var desk = Desk(rules)
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        return desk
    }

    @Test func allAreToldToStopAtOnceWhenTheLastIsReady() {
        var desk = pair()
        desk.progress(pause: 100, from: 1)
        desk.say(.ready, from: 1)
        #expect(desk.told(1) == [.hold])
        desk.say(.waiting, from: 1)
        desk.progress(pause: 100, from: 1)
        desk.progress(pause: 400, from: 2)
        desk.say(.ready, from: 2)
        #expect(desk.told(1) == [.hold, .stop])
        #expect(desk.told(2) == [.stop])
        #expect(desk.stored["shop 1"]?.state == .released)
        #expect(desk.state == .released)
    }

    @Test func nobodyStopsWhileAMemberIsMissing() {
        var desk = Desk(.pair(3))
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        for connection in [1, 2] {
            desk.progress(pause: 100, from: connection)
            desk.say(.ready, from: connection)
        }
        desk.wait(60, hearing: [1, 2])
        #expect(desk.told(1) == [.hold])
        #expect(desk.told(2) == [.hold])
        desk.join("cache", on: 3)
        desk.wait(1, hearing: [1, 2, 3])
        #expect(desk.state == .iterating)
        desk.say(.ready, from: 3)
        #expect(desk.told(3) == [.stop])
        #expect(desk.told(1) == [.hold, .stop])
    }

    @Test func nobodyStopsWhileAMemberIsLostOrSilent() {
        var desk = pair()
        desk.progress(pause: 100, from: 1)
        desk.say(.ready, from: 1)
        desk.wait(4)
        desk.say(.ready, from: 2)
        desk.wait(1, hearing: [2])
        #expect(desk.told(2) == [.hold])
        desk.lose(1)
        desk.wait(10, hearing: [2])
        #expect(desk.told(2) == [.hold])
        desk.join("web", on: 3) {
            $0.state = .waiting
            $0.lastDecision = 1
        }
        #expect(desk.told(3) == [.stop])
        #expect(desk.told(2) == [.hold, .stop])
    }

    @Test func theWindowEndsTheGathering() {
        var desk = Desk()
        desk.join("web", on: 1)
        desk.progress(pause: 100, from: 1)
        desk.say(.ready, from: 1)
        desk.wait(20, hearing: [1])
        desk.join("db", on: 2)
        #expect(desk.welcome(2)?.memberCount == 2)
        desk.wait(9.5, hearing: [1, 2])
        #expect(desk.state == .gathering)
        desk.wait(1, hearing: [1, 2])
        #expect(desk.state == .iterating)
        #expect(desk.told(1) == [.hold])
        desk.say(.ready, from: 2)
        #expect(desk.told(2) == [.stop])
    }

    @Test func membersMaySayHowManyTheyAre() {
        var desk = Desk()
        desk.join("web", on: 1) { $0.expectedMemberCount = 2 }
        desk.wait(60, hearing: [1])
        #expect(desk.state == .gathering)
        desk.join("db", on: 2) { $0.expectedMemberCount = 2 }
        #expect(desk.state == .iterating)
        #expect(desk.welcome(2)?.expectedMemberCount == 2)
    }

    @Test func theGroupIsDoneWhenAllHaveArrived() {
        var desk = pair()
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 2)
        for state in [MemberState.released, .suspended] {
            desk.say(state, from: 1)
            desk.now.time += 0.02
            desk.say(state, from: 2)
        }
        #expect(desk.snapshot?.skewMilliseconds.map { abs($0 - 20) < 0.1 } == true)
        desk.say(.done, from: 1)
        #expect(desk.state == .released)
        desk.say(.done, from: 2)
        #expect(desk.state == .done)
        #expect(desk.snapshot?.reason == "all have arrived")
    }

    @Test func whoDoesNotArriveInTimeIsNamed() {
        var desk = pair(.pair { $0.suspendLimit = 20 })
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 2)
        desk.say(.done, from: 1)
        desk.wait(19)
        #expect(desk.state == .released)
        desk.wait(2)
        #expect(desk.state == .done)
        #expect(desk.hasLogged(.error, "db did not report an arrival within 20 s"))
        #expect(desk.told(2) == [.stop])
    }

    @Test func aFailureAfterTheReleaseAbortsNobody() {
        var desk = pair()
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 2)
        desk.say(.failed, from: 1, reason: "no space left")
        #expect(desk.told(2) == [.stop])
        desk.say(.done, from: 2)
        #expect(desk.state == .done)
        #expect(desk.hasLogged(.error, "web failed: no space left"))
    }

    @Test func anOperatorReleasesWhoIsThereAndTellsTheLostLater() {
        var desk = Desk(.pair(3))
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        desk.lose(2)
        _ = desk.operate(.release(application: "shop"))
        #expect(desk.told(1) == [.stop])
        desk.wait(60, hearing: [1])
        desk.join("db", on: 3) { $0.lastDecision = 0 }
        #expect(desk.told(3) == [.stop])
        guard case .refusal = desk.operate(.abort(application: "shop")) else {
            Issue.record("aborted after the release")
            return
        }
        #expect(desk.told(1) == [.stop])
    }
}
