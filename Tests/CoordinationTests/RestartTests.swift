import Testing

@testable import Coordination

/// A coordinator that was killed takes up where it was, and contradicts nothing.
@Suite struct RestartTests {
    private func pair(_ rules: GroupRules = .pair()) -> Desk {
        var desk = Desk(rules)
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        return desk
    }

    @Test func aReleaseIsToldAgainToWhoIsHeld() {
        var desk = pair()
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 2)
        let last = desk.decisions(2).last?.number ?? 0
        desk.restart()
        desk.join("web", on: 3) { $0.state = .suspended }
        #expect(desk.told(3) == [])
        desk.join("db", on: 4) { $0.state = .ready }
        #expect(desk.told(4) == [.stop])
        #expect(desk.decisions(4).last.map { $0.number > last } == true)
        #expect(desk.snapshot?.skewMilliseconds == nil)
        desk.say(.done, from: 3)
        desk.say(.done, from: 4)
        #expect(desk.state == .done)
    }

    @Test func anAbortIsToldAgain() {
        var desk = pair()
        desk.say(.failed, from: 1)
        desk.restart()
        desk.join("db", on: 4) {
            $0.state = .waiting
            $0.lastDecision = 900
        }
        #expect(desk.told(4) == [.abort])
        #expect(desk.decisions(4).last?.number == 901)
    }

    @Test func aGroupGoesOn() {
        var desk = pair()
        desk.say(.ready, from: 1)
        desk.restart()
        desk.wait(5)
        desk.join("web", on: 3) {
            $0.state = .waiting
            $0.lastDecision = 1
        }
        desk.join("db", on: 4)
        #expect(desk.snapshot?.members.count == 2)
        #expect(desk.state == .iterating)
        desk.wait(1, hearing: [1, 2])
        desk.say(.ready, from: 4)
        #expect(desk.told(4) == [.stop])
    }

    @Test func whoDoesNotComeBackHasFailed() {
        var desk = pair(.pair { $0.rejoinLimit = 10 })
        desk.restart()
        desk.join("web", on: 3)
        desk.wait(9.5, hearing: [])
        #expect(desk.told(3) == [])
        desk.wait(1)
        #expect(desk.told(3) == [.abort])
    }

    @Test func theRulesAreThoseOfTheBeginning() {
        var desk = pair(.pair { $0.whenMemberFails = .continue })
        let stored = Array(desk.stored.values)
        var groups = Groups(rules: RulesTable())
        _ = groups.restore(stored, at: desk.now)
        let snapshot = groups.snapshots(at: desk.now).first
        #expect(snapshot?.expectedMemberCount == 2)
        desk.stored = [:]
        for record in stored { #expect(record.rules.whenMemberFails == .continue) }
    }

    @Test func aClosingRoundIsNotSentTwice() {
        var desk = pair()
        desk.progress(pause: 100, from: 1)
        desk.say(.ready, from: 1)
        desk.progress(pause: 100, from: 1)
        desk.wait(5, hearing: [2])
        desk.progress(pause: 2000, from: 1)
        desk.say(.ready, from: 2)
        #expect(desk.told(1) == [.hold, .continue])
        let numbers = (1...2).map { desk.decisions($0).last?.number }
        desk.restart()
        desk.join("db", on: 4) {
            $0.state = .waiting
            $0.lastDecision = numbers[1]
        }
        desk.join("web", on: 3) {
            $0.state = .iterating
            $0.lastDecision = numbers[0]
        }
        #expect(desk.state == .closing)
        #expect(desk.told(4) == [])
        desk.progress(pause: 100, from: 3)
        desk.progress(pause: 100, from: 4)
        desk.say(.ready, from: 3)
        #expect(desk.told(3) == [.stop])
        #expect(desk.told(4) == [.stop])
    }

    @Test func groupsThatAreOverStayOver() {
        var desk = Desk(.pair(1))
        for number in 1...6 {
            desk.join("web", on: number, session: "\(number)")
            desk.say(.ready, from: number)
            desk.say(.done, from: number)
        }
        desk.restart()
        #expect(desk.groups.snapshots(at: desk.now).map(\.group) == [3, 4, 5, 6])
        desk.join("web", on: 7, session: "7")
        #expect(desk.welcome(7)?.group == 7)
    }
}
