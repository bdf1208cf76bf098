import Coordination
import Testing

@testable import cloudnet

/// What `cloudnet groups` prints.
struct GroupsTableTests {
    @Test func theListHasALineForEachGroup() {
        var gathering = GroupSnapshot(
            application: "mail",
            group: 12,
            state: .gathering,
            startTime: 0
        )
        gathering.members = [WebExamples.member("mx", host: "alpha", state: .iterating)]
        #expect(
            GroupsTable.list([gathering, WebExamples.arrivedShop, WebExamples.shop]) == [
                "APPLICATION  GROUP  STATE      MEMBERS     SENT  TO SEND    ARRIVAL   PAUSE   SKEW",
                "mail            12  gathering        1      0 B      0 B          -    0 ms      -",
                "shop             3  done           2/2  1.61 GB      0 B          -  900 ms  41 ms",
                "shop             3  iterating      2/2  1.61 GB   403 MB  in 35.0 s  900 ms      -",
            ]
        )
        #expect(GroupsTable.list([]) == ["no group is known"])
    }

    @Test func theDetailsHaveALineForEachMember() {
        var group = WebExamples.shop
        group.members[1].isConnected = false
        #expect(
            GroupsTable.details(group) == [
                "shop, group 3: iterating: db needs another 34 s",
                "2 of 2 members, started 2025-11-21 10:04:55 UTC, arrival in 35.0 s, skew -",
                "",
                "DOMAIN  HOST   STATE       ROUND     SENT  TO SEND  MBIT/S   PAUSE  TOLD",
                "web     alpha  waiting         4   412 MB  3.10 MB    97.6  254 ms  hold",
                "db      beta   iterating?      1  1.20 GB   400 MB    94.4  900 ms  -",
                "",
                "web: told to hold: the others are not ready",
                "db: has no connection to the coordinator (?)",
            ]
        )
    }

    @Test func anOutcomeSaysWhatWasDone() {
        var group = WebExamples.shop
        group.state = .aborted
        group.reason = "an operator asked for it"
        let lines = GroupsTable.outcome("to abort", group)
        #expect(lines[0] == "told group 3 of shop to abort (2 members)")
        #expect(lines[2] == "shop, group 3: aborted: an operator asked for it")
        #expect(lines.dropFirst(2) == GroupsTable.details(group)[...])
    }

    @Test func hostileNamesDoNothingToATerminal() {
        let group = WebExamples.hostile
        for lines in [GroupsTable.list([group]), GroupsTable.details(group)] {
            for line in lines {
                #expect(line.utf8.allSatisfy { (0x20..<0x7f).contains($0) }, "\(line)")
                #expect(line.utf8.count < 400)
            }
        }
        let json = GroupsJSON.text([group])
        #expect(json.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
    }

    @Test func jsonIsWhatTheCoordinatorAnswers() throws {
        var group = WebExamples.shop
        group.reason = "a\u{7f}\u{202e}é😀\u{9b}\"\\"
        let answer = try OperatorAnswer(line: GroupsJSON.text([group]).utf8)
        #expect(answer == .groups([group]))
    }
}
