internal import ArgumentParser
internal import Coordination

/// `cloudnet groups`: the domains that arrive together, as their coordinator sees them.
struct Groups: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and end the groups of domains that migrate together.",
        discussion: """
            ARRIVAL is how long it is expected to take until all guests run at their targets. \
            PAUSE is the longest expected pause; SKEW is how far apart the pauses began.
            """,
        subcommands: [List.self, Show.self, Abort.self, Release.self],
        defaultSubcommand: List.self
    )

    /// All groups.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all groups.")

        @OptionGroup var options: GroupsOptions

        func run() throws {
            let groups = try options.ask(.list)
            options.show(groups, as: GroupsTable.list)
        }
    }

    /// One group and its members.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the newest group of an application, and its members."
        )

        @OptionGroup var options: GroupsOptions

        @Argument(help: "The application.")
        var application: String

        func run() throws {
            let group = try Groups.newest(of: application, in: try options.ask(.list))
            options.show([group]) { $0.flatMap(GroupsTable.details) }
        }
    }

    /// The guests stay where they are.
    struct Abort: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an application's group give up: its guests stay at the source.",
            discussion: "Guests that are paused or have arrived are not brought back."
        )

        @OptionGroup var options: GroupsOptions

        @Argument(help: "The application.")
        var application: String

        func run() throws {
            let groups = try options.ask(.abort(application: application))
            let group = try Groups.newest(of: application, in: groups)
            options.show([group]) { _ in GroupsTable.outcome("to abort", group) }
        }
    }

    /// The guests pause now.
    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let all guests of an application's group pause and arrive, ready or not.",
            discussion: "A save that is held stops at once, others at the end of their round."
        )

        @OptionGroup var options: GroupsOptions

        @Argument(help: "The application.")
        var application: String

        func run() throws {
            let groups = try options.ask(.release(application: application))
            let group = try Groups.newest(of: application, in: groups)
            options.show([group]) { _ in GroupsTable.outcome("to stop", group) }
        }
    }

    fileprivate static func newest(
        of application: String,
        in groups: [GroupSnapshot]
    ) throws(UnknownApplication) -> GroupSnapshot {
        let group = groups.filter { $0.application == application }.max { $0.group < $1.group }
        guard let group else { throw UnknownApplication(name: application) }
        return group
    }
}

/// What all parts of `cloudnet groups` can be told.
struct GroupsOptions: ParsableArguments {
    @Option(
        help: "Where the coordinator listens: \(CoordinatorAddress.expectation).",
        transform: { text in
            guard let address = CoordinatorAddress(text) else {
                throw ValidationError("'\(text)' is not \(CoordinatorAddress.expectation).")
            }
            return address
        }
    )
    var coordinator = CoordinatorAddress.standard

    @Flag(help: "Print the coordinator's answer as JSON.")
    var json = false

    /// Asks the coordinator, and returns the groups that it answers with.
    func ask(_ request: OperatorRequest) throws -> [GroupSnapshot] {
        switch try GroupsClient.ask(request, at: coordinator) {
        case .groups(let groups): return groups
        case .refusal(let refusal): throw GroupsClientError.refused(refusal.reason)
        }
    }

    /// Prints groups as JSON, or as lines.
    func show(_ groups: [GroupSnapshot], as lines: ([GroupSnapshot]) -> [String]) {
        if json {
            print(GroupsJSON.text(groups))
        } else {
            for line in lines(groups) { print(line) }
        }
    }
}

/// The coordinator has no group of the application.
struct UnknownApplication: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "the coordinator knows no group of '\(name)'; 'cloudnet groups' shows those it knows"
    }
}
