/// How the groups of an application are formed, paced and ended.
///
/// Times are in seconds.
public struct GroupRules: Codable, Equatable, Sendable {
    /// What happens to the others if a member fails before the release.
    public enum MemberFailure: String, Codable, CaseIterable, Sendable {
        /// All give up; the guests stay at the source.
        case abort
        /// The others go on without it.
        case `continue`
    }

    /// What ready members do until the last one is ready.
    public enum Pacing: String, Codable, CaseIterable, Sendable {
        /// They send nothing, and one closing round in the end.
        case hold
        /// They send rounds, as in the paper (section IV-B4).
        case spin
    }

    /// The names of the domains that belong to a group, if they are fixed.
    public var members: [String]?

    /// How many members a group has, if that is fixed but not who they are.
    public var memberCount: Int?

    /// Who has joined so long after the first one is a member, if nobody knows how many there will be.
    public var gatheringWindow = 30.0

    /// If it is known how many members there will be, all must have joined after so long.
    public var gatheringLimit = 300.0

    /// What happens to the others if a member fails before the release.
    public var whenMemberFails = MemberFailure.abort

    /// What ready members do until the last one is ready.
    public var pacing = Pacing.hold

    /// No member is held for longer; then the others count as failed.
    public var holdLimit = 3600.0

    /// A member whose connection is lost must be back after so long, or has failed.
    public var rejoinLimit = 30.0

    /// A group that is released is over after so long, whether all have reported their arrival or not.
    public var suspendLimit = 300.0

    /// The rules of an application that has none of its own.
    public init() {}

    /// How many members there will be, if the rules say so.
    public var expectedMemberCount: Int? { members?.count ?? memberCount }
}

extension GroupRules {
    /// Throws, if the rules make no sense; the refusal names the setting.
    public func check() throws(Refusal) {
        if let members {
            try MessageLimits.checkNumber(members.count, "members", in: 1...GroupLimits.memberCount)
            for member in members { try MessageLimits.checkName(member, "members") }
            guard Set(members).count == members.count else {
                throw Refusal(reason: "members names a domain twice")
            }
            guard memberCount == nil else {
                throw Refusal(reason: "members and member-count are both given: one is enough")
            }
        }
        try MessageLimits.checkNumber(
            memberCount,
            "member-count",
            in: 1...GroupLimits.memberCount
        )
        for (limit, field) in [
            (gatheringWindow, "gathering-window"), (gatheringLimit, "gathering-limit"),
            (holdLimit, "hold-limit"), (rejoinLimit, "rejoin-limit"),
            (suspendLimit, "suspend-limit"),
        ] { try MessageLimits.checkSeconds(limit, field) }
    }
}

/// The rules of all applications.
public struct RulesTable: Equatable, Sendable {
    /// The rules of applications that have none of their own.
    public var standard: GroupRules
    /// The rules of others, by application.
    public var applications: [String: GroupRules]

    /// Rules for all applications.
    public init(standard: GroupRules = GroupRules(), applications: [String: GroupRules] = [:]) {
        self.standard = standard
        self.applications = applications
    }

    /// The rules of an application.
    public func rules(for application: String) -> GroupRules {
        applications[application] ?? standard
    }
}
