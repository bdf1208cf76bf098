import Testing

@testable import Coordination

/// What a member's failure, and every limit, means to the others.
@Suite struct FailureTests {
    private func trio(_ change: (inout GroupRules) -> Void = { _ in }) -> Desk {
        var desk = Desk(.pair(3, change))
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        desk.join("cache", on: 3)
        return desk
    }

    @Test func oneFailsAndAllAbort() {
        var desk = trio()
        desk.say(.ready, from: 1)
        desk.say(.failed, from: 2, reason: "link\ndown\u{1b}[2J")
        #expect(desk.told(1) == [.hold, .abort])
        #expect(desk.told(2) == [])
        #expect(desk.told(3) == [.abort])
        #expect(desk.state == .aborted)
        #expect(desk.decisions(3).last?.reason == "db failed: link down [2J")
        #expect(desk.stored["shop 1"]?.state == .aborted)
    }

    @Test func oneFailsAndTheOthersGoOn() {
        var desk = trio { $0.whenMemberFails = .continue }
        desk.say(.ready, from: 1)
        desk.say(.failed, from: 2, reason: "link down")
        #expect(desk.told(1) == [.hold])
        desk.say(.ready, from: 3)
        #expect(desk.told(1) == [.hold, .stop])
        #expect(desk.told(3) == [.stop])
        desk.say(.done, from: 1)
        desk.say(.done, from: 3)
        #expect(desk.state == .done)
    }

    @Test func oneIsLostForTooLong() {
        var desk = trio { $0.rejoinLimit = 10 }
        desk.lose(2)
        desk.wait(9.5, hearing: [1, 3])
        #expect(desk.told(1) == [])
        desk.wait(1, hearing: [1, 3])
        #expect(desk.told(1) == [.abort])
        desk.join("db", on: 4) { $0.state = .waiting }
        #expect(desk.told(4) == [.abort])
    }

    @Test func oneIsLostForTooLongAndLeftBehind() {
        var desk = trio {
            $0.rejoinLimit = 10
            $0.whenMemberFails = .continue
        }
        desk.lose(2)
        desk.wait(11, hearing: [1, 3])
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 3)
        #expect(desk.told(1) == [.hold, .stop])
        desk.join("db", on: 4) { $0.state = .ready }
        #expect(desk.told(4) == [.alone])
    }

    @Test func oneComesBackLateButBeforeTheRelease() {
        var desk = trio {
            $0.rejoinLimit = 10
            $0.whenMemberFails = .continue
        }
        desk.lose(2)
        desk.wait(11, hearing: [1, 3])
        desk.join("db", on: 4)
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 3)
        #expect(desk.told(1) == [.hold])
        desk.say(.ready, from: 4)
        #expect(desk.told(1) == [.hold, .stop])
        #expect(desk.told(4) == [.stop])
    }

    @Test func notAllJoin() {
        var desk = Desk(.pair(3) { $0.gatheringLimit = 50 })
        desk.join("web", on: 1)
        desk.wait(51, hearing: [1])
        #expect(desk.told(1) == [.abort])
        #expect(desk.snapshot?.reason == "after 50 s only 1 of 3 members are there")
    }

    @Test func notAllJoinAndTheOthersGoOn() {
        var desk = Desk(
            .pair(3) {
                $0.gatheringLimit = 50
                $0.whenMemberFails = .continue
            }
        )
        desk.join("web", on: 1)
        desk.wait(51, hearing: [1])
        #expect(desk.state == .iterating)
        desk.join("db", on: 2)
        #expect(desk.told(2) == [.alone])
        desk.say(.ready, from: 1)
        #expect(desk.told(1) == [.stop])
    }

    @Test(arguments: [GroupRules.MemberFailure.abort, .continue])
    func aMemberIsHeldForTooLong(_ policy: GroupRules.MemberFailure) {
        var desk = trio {
            $0.holdLimit = 100
            $0.whenMemberFails = policy
        }
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 2)
        desk.wait(99.5, hearing: [1, 2, 3])
        #expect(desk.told(1) == [.hold])
        desk.wait(1, hearing: [1, 2, 3])
        if policy == .abort {
            #expect(desk.told(1) == [.hold, .abort])
            #expect(desk.told(3) == [.abort])
        } else {
            #expect(desk.told(1) == [.hold, .stop])
            #expect(desk.told(2) == [.hold, .stop])
            #expect(desk.told(3) == [.alone])
        }
        #expect(desk.hasLogged(.warning, "cache"))
    }

    @Test func whoLeavesAloneIsFollowedNotAbandoned() {
        var desk = trio()
        desk.say(.suspended, from: 1)
        #expect(desk.hasLogged(.warning, "web has decided alone"))
        desk.say(.failed, from: 2)
        #expect(desk.told(3) == [])
        desk.say(.ready, from: 3)
        #expect(desk.told(3) == [.stop])
    }

    @Test func aGroupWithoutMembersIsOver() {
        var desk = trio { $0.whenMemberFails = .continue }
        for connection in 1...3 { desk.say(.failed, from: connection) }
        #expect(desk.state == .aborted)
    }

    @Test func anOperatorAborts() {
        var desk = trio()
        desk.say(.ready, from: 1)
        _ = desk.operate(.abort(application: "shop"))
        for connection in 1...3 { #expect(desk.told(connection).last == .abort) }
        guard case .refusal = desk.operate(.release(application: "shop")) else {
            Issue.record("released after the abort")
            return
        }
        desk.say(.failed, from: 1)
        desk.join("web", on: 9, session: "another try")
        #expect(desk.welcome(9)?.group == 2)
    }
}
