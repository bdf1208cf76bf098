import Testing

@testable import Coordination

/// Who belongs to a group.
@Suite struct MembershipTests {
    @Test func onlyThoseNamedMayJoin() {
        var rules = GroupRules()
        rules.members = ["web", "db"]
        var desk = Desk(rules)
        desk.join("mail", on: 1)
        #expect(desk.refusal(1)?.contains("mail is not a member of shop") == true)
        #expect(desk.closed == [1])
        desk.join("web", on: 2)
        #expect(desk.welcome(2)?.expectedMemberCount == 2)
        desk.join("db", on: 3)
        #expect(desk.state == .iterating)
    }

    @Test func aNewerConnectionOfTheSameSessionReplacesTheOlder() {
        var desk = Desk(.pair())
        desk.join("web", on: 1)
        desk.join("web", on: 2)
        #expect(desk.closed == [1])
        #expect(desk.snapshot?.members.count == 1)
        desk.say(.failed, from: 1)
        desk.lose(1)
        #expect(desk.state == .gathering)
        #expect(desk.snapshot?.members.first?.isConnected == true)
    }

    @Test func anotherMigrationOfTheSameDomainIsRefusedWhileTheFirstLives() {
        var desk = Desk(.pair())
        desk.join("web", on: 1)
        desk.join("web", on: 2, session: "other")
        #expect(desk.refusal(2)?.contains("is migrating already") == true)
        desk.lose(1)
        desk.join("web", on: 3, session: "other")
        #expect(desk.welcome(3)?.memberCount == 1)
        desk.join("db", on: 4)
        #expect(desk.state == .iterating)
        // The first one's process is still there after all: it must not count twice.
        desk.join("web", on: 5) { $0.lastDecision = 1 }
        #expect(desk.refusal(5)?.contains("is migrating already") == true)
    }

    @Test func aFailedMemberMayTryAgainBeforeTheRelease() {
        var desk = Desk(.pair { $0.whenMemberFails = .continue })
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        desk.say(.failed, from: 1)
        desk.join("web", on: 3, session: "second")
        #expect(desk.closed == [1])
        desk.say(.ready, from: 2)
        #expect(desk.told(2) == [.hold])
        desk.say(.ready, from: 3)
        #expect(desk.told(3) == [.stop])
    }

    @Test func whoComesTooLateDecidesAlone() {
        var desk = Desk(.pair())
        desk.join("web", on: 1)
        desk.join("db", on: 2)
        desk.join("cache", on: 3)
        #expect(desk.told(3) == [.alone])
        #expect(desk.closed == [3])
        #expect(desk.hasLogged(.warning, "cache is told to decide alone"))
        desk.say(.ready, from: 1)
        desk.say(.ready, from: 2)
        desk.join("mail", on: 4)
        #expect(desk.told(4) == [.alone])
    }

    @Test func whoComesBackToAnUnknownGroupDecidesAlone() {
        var desk = Desk(.pair())
        desk.join("web", on: 1) {
            $0.state = .waiting
            $0.lastDecision = 41
        }
        #expect(desk.decisions(1).map(\.number) == [42])
        #expect(desk.told(1) == [.alone])
        #expect(desk.groups.snapshots(at: desk.now).isEmpty)
    }

    @Test func aNewGroupFollowsOneThatIsOver() {
        var desk = Desk(.pair(1))
        desk.join("web", on: 1)
        desk.say(.ready, from: 1)
        desk.say(.done, from: 1)
        desk.join("web", on: 2, session: "back again")
        #expect(desk.welcome(2)?.group == 2)
        #expect(desk.groups.snapshots(at: desk.now).map(\.group) == [1, 2])
    }

    @Test func oldGroupsAreForgotten() {
        var desk = Desk(.pair(1))
        for number in 1...(3 * GroupLimits.keptCountPerApplication) {
            desk.join("web", on: number, session: "session \(number)")
            #expect(desk.welcome(number)?.group == number)
            desk.say(.ready, from: number)
            desk.say(.done, from: number)
        }
        #expect(desk.groups.snapshots(at: desk.now).count == GroupLimits.keptCountPerApplication)
        #expect(desk.stored.count == GroupLimits.keptCountPerApplication)
        // Also over all applications, and connections that stay open are ended.
        for number in 1...(GroupLimits.keptCount + 10) {
            desk.join("web", on: 1000 + number, application: "application \(number)")
            desk.say(.ready, from: 1000 + number)
            desk.say(.done, from: 1000 + number)
        }
        #expect(desk.groups.snapshots(at: desk.now).count == GroupLimits.keptCount)
        #expect(desk.stored.count == GroupLimits.keptCount)
        #expect(desk.closed.contains(1001))
    }

    @Test func thereAreNeverTooManyGroupsOrMembers() {
        var desk = Desk(.pair(256))
        for number in 0..<GroupLimits.groupCount {
            desk.join("web", on: number, application: "application \(number)")
        }
        #expect(desk.refusal(GroupLimits.groupCount - 1) == nil)
        desk.join("web", on: 9999, application: "one more")
        #expect(desk.refusal(9999)?.contains("1024 groups") == true)
        // There is room in the groups that exist, but not without end.
        let room = GroupLimits.totalMemberCount - GroupLimits.groupCount
        var refusals = 0
        for number in 0..<(room + 10) {
            desk.join(
                "domain \(number)",
                on: 10_000 + number,
                application: "application \(number % GroupLimits.groupCount)"
            )
            if desk.refusal(10_000 + number) != nil { refusals += 1 }
        }
        #expect(refusals == 10)
    }

    @Test func aMemberJoinsOnceAConnection() {
        var desk = Desk(.pair())
        desk.join("web", on: 1)
        desk.receive(
            .join(
                Join(
                    application: "shop",
                    session: "s",
                    domain: "d",
                    uuid: "u",
                    host: "h",
                    memoryByteCount: 0
                )
            ),
            from: 1
        )
        #expect(desk.refusal(1)?.contains("joins once") == true)
        #expect(desk.closed == [1])
        #expect(desk.snapshot?.members.first?.isConnected == false)
    }
}
