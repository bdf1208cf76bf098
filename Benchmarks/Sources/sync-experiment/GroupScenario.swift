import MigrationRig

/// Guests that move together over one link.
struct GroupScenario: Sendable {
    /// A guest of the group.
    struct Member: Sendable {
        /// What it is called in the results.
        let name: String
        /// The recorded guest.
        let guest: String
        /// How many times its memory.
        let tileCount: Int
    }

    /// What it is called in files and on the command line.
    let key: String
    let title: String
    let members: [Member]

    /// That of the paper (section VI-J).
    static let tiers = GroupScenario(
        key: "tiers",
        title: "A web tier of 0.5 GB and a database tier of 4 GB",
        members: [
            Member(name: "web", guest: "kbuild-256", tileCount: 2),
            Member(name: "database", guest: "oltp-320", tileCount: 12),
        ]
    )

    static let all = [
        tiers,
        GroupScenario(
            key: "two-equal",
            title: "Two equal members",
            members: numbered("oltp-320", [1, 1])
        ),
        GroupScenario(
            key: "eight-equal",
            title: "Eight equal members",
            members: numbered("oltp-320", Array(repeating: 1, count: 8))
        ),
        GroupScenario(
            key: "eight-unequal",
            title: "Eight unequal members",
            members: numbered("kbuild-256", [1]) + numbered("oltp-320", [1, 1, 1, 1, 1, 1, 2])
        ),
    ]

    private static func numbered(_ guest: String, _ tileCounts: [Int]) -> [Member] {
        tileCounts.enumerated().map { number, tileCount in
            Member(name: "\(guest)-\(number + 1)", guest: guest, tileCount: tileCount)
        }
    }
}
