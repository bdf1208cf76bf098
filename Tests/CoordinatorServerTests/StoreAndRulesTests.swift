import Coordination
import CoordinatorServer
import Glibc
import Testing

/// What is kept of groups, and who may use it.
struct SQLiteGroupStoreTests {
    private let folder: ServerFolder

    init() throws { folder = try ServerFolder() }

    private func changes(_ application: String) -> [GroupChange] {
        var groups = Groups(rules: RulesTable())
        let join = Join(
            application: application,
            session: "session",
            domain: "web",
            uuid: "00000000-0000-0000-0000-000000000001",
            host: "host",
            memoryByteCount: 1
        )
        return groups.joins(join, on: ConnectionID(1), at: Moment(seconds: 1, time: 2)).compactMap {
            if case .store(let record) = $0 { .keep(record) } else { nil }
        }
    }

    @Test func whatWasWrittenIsReadAfterItWasClosed() throws {
        let first = try SQLiteGroupStore(path: folder.state)
        try first.write(changes("a") + changes("b"))
        try first.write([.forget(application: "a", group: 1)])
        try first.close()
        let records = try SQLiteGroupStore(path: folder.state).records()
        #expect(changes("b").last == records.first.map { .keep($0) })
        #expect(records.count == 1)
    }

    @Test func aSecondUserIsRefused() throws {
        let first = try SQLiteGroupStore(path: folder.state)
        #expect(throws: CoordinatorError.stateInUse(path: folder.state)) {
            _ = try SQLiteGroupStore(path: folder.state)
        }
        try first.write(changes("a"))
        try first.close()
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let file = try #require(fopen(folder.state, "w"))
        fputs(String(repeating: "no database ", count: 1000), file)
        fclose(file)
        #expect(throws: CoordinatorError.self) { _ = try SQLiteGroupStore(path: folder.state) }
    }
}

/// The rules file says what it is read as, and what is wrong where.
struct RulesFileTests {
    private func read(_ text: String) -> RulesFile {
        RulesFile(path: "rules", content: Array(text.utf8))
    }

    @Test func rulesOfAnApplicationBeginWithThoseOfAll() {
        let file = read(
            """
            gathering-window = "5s"
            [application.shop]
            members = ["web", "db"]
            pacing = "spin"
            """
        )
        #expect(file.problems.isEmpty)
        let shop = file.table.rules(for: "shop")
        #expect(shop.members == ["web", "db"])
        #expect(shop.gatheringWindow == 5)
        #expect(shop.pacing == .spin)
        #expect(file.table.rules(for: "other").gatheringWindow == 5)
        #expect(file.table.rules(for: "other").members == nil)
    }

    @Test func theTextOfRulesIsReadAsTheSameRules() {
        let file = read("hold-limit = \"90s\"\n[application.shop]\nmember-count = 3\n")
        #expect(file.problems.isEmpty)
        #expect(read(file.text).table == file.table)
    }

    @Test(arguments: [
        ("\ngathering-windw = \"5s\"", 2, "did you mean gathering-window?"),
        ("hold-limit = \"5\"", 1, "a time with its unit"),
        ("pacing = \"fast\"", 1, "hold or spin"),
        ("members = [\"a\"]", 1, "for one application only"),
        ("[application.a]\nmembers = \"a\"", 2, "a list of domain names"),
        ("[application.a]\nmembers = [\"a\", \"a\"]", 1, "names a domain twice"),
        ("[applications.a]", 1, "there is no section"),
        ("[application]\nmember-count = 3", 2, "is no rule"),
        ("x =", 1, "this is not TOML"),
    ])
    func problemsNameTheirLine(text: String, line: Int, part: String) {
        let problems = read(text).problems
        #expect(problems.count == 1)
        #expect(problems.first?.line == line)
        #expect(problems.first?.text.contains(part) ?? false, "\(problems)")
    }
}
