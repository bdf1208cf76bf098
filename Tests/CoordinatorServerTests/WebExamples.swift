import Coordination

/// Groups as the coordinator could show them.
enum WebExamples {
    /// Two members: the database still sends, the web server holds.
    static var shop: GroupSnapshot {
        var group = GroupSnapshot(
            application: "shop",
            group: 3,
            state: .iterating,
            startTime: 1_763_719_495
        )
        group.reason = "db needs another 34 s"
        group.expectedMemberCount = 2
        group.secondsToStop = 34.1
        var web = member("web", host: "alpha", state: .waiting)
        web.progress.round = 4
        web.progress.transferredByteCount = 412_000_000
        web.progress.remainingByteCount = 3_100_000
        web.progress.bytesPerSecond = 12_200_000
        web.progress.pauseMilliseconds = 254
        web.decision = Decision(number: 2, .hold, reason: "the others are not ready")
        var database = member("db", host: "beta", state: .iterating)
        database.progress.round = 1
        database.progress.transferredByteCount = 1_200_000_000
        database.progress.remainingByteCount = 400_000_000
        database.progress.bytesPerSecond = 11_800_000
        database.progress.pauseMilliseconds = 900
        database.progress.secondsToReady = 34
        group.members = [web, database]
        return group
    }

    /// The same group after all have arrived.
    static var arrivedShop: GroupSnapshot {
        var group = shop
        group.state = .done
        group.reason = "all have arrived"
        group.secondsToStop = nil
        group.skewMilliseconds = 41
        for index in group.members.indices {
            group.members[index].state = .done
            group.members[index].progress.remainingByteCount = 0
            group.members[index].decision = Decision(number: 3, .stop, reason: "all are ready")
        }
        return group
    }

    /// A group whose names and reasons try to be something else.
    static var hostile: GroupSnapshot {
        var group = GroupSnapshot(
            application: "</script><script>document.title='owned'</script>\u{202e}",
            group: 1,
            state: .aborted,
            startTime: .infinity
        )
        group.reason = "<img src=x onerror=\"document.title='owned'\">"
        var one = member("a\"b\\c\nd{e=\"f\"} 1", host: "\u{1b}[2J\u{9b}31m", state: .failed)
        one.reason = "'-alert(1)-'&amp;\r\n"
        one.progress.transferredByteCount = .max
        one.progress.remainingByteCount = .max
        one.progress.pauseMilliseconds = .min
        one.isConnected = false
        one.decision = Decision(number: .max, .abort, reason: "<b>")
        group.members = [one, one]
        return group
    }

    /// A member that has just joined.
    static func member(_ domain: String, host: String, state: MemberState) -> MemberSnapshot {
        var join = Join(
            application: "shop",
            session: "1",
            domain: domain,
            uuid: "5f3c1a2e-0a63-4a4e-9d0f-3a1f1f0e6c11",
            host: host,
            memoryByteCount: 512 << 20
        )
        join.state = state
        return MemberSnapshot(join)
    }
}
