internal import ConfigurationSyntax
internal import Coordination

/// A rule that can be written in the rules file.
struct RuleKey: Sendable {
    /// Its name.
    let name: String
    /// What can be written.
    let accepts: String
    /// Sets it; false, and no change, if the value is not accepted.
    let apply: @Sendable (TomlEntry.Value, inout GroupRules) -> Bool
    /// What holds, as it could be written; none if nothing does.
    let text: @Sendable (GroupRules) -> String?
    /// Whether only an application can have it.
    var isOfApplication = false

    /// All there are; docs/coordinator.md says what they mean.
    static let all: [RuleKey] = [
        RuleKey(
            name: "members",
            accepts: "a list of domain names: [\"web\", \"db\"]",
            apply: { value, rules in
                guard case .list(let names) = value else { return false }
                rules.members = names
                return true
            },
            text: { rules in
                rules.members.map { "[\($0.map { "\"\($0)\"" }.joined(separator: ", "))]" }
            },
            isOfApplication: true
        ),
        RuleKey(
            "member-count",
            get: \.memberCount,
            SettingSyntax<Int>.number(in: 1...GroupLimits.memberCount),
            isOfApplication: true,
            set: { $0.memberCount = $1 }
        ),
        time("gathering-window", \.gatheringWindow),
        time("gathering-limit", \.gatheringLimit),
        RuleKey(
            "when-member-fails",
            get: \.whenMemberFails,
            .choice([("abort", .abort), ("continue", .continue)]),
            set: { $0.whenMemberFails = $1 }
        ),
        RuleKey(
            "pacing",
            get: \.pacing,
            .choice([("hold", .hold), ("spin", .spin)]),
            set: { $0.pacing = $1 }
        ),
        time("hold-limit", \.holdLimit),
        time("rejoin-limit", \.rejoinLimit),
        time("suspend-limit", \.suspendLimit),
    ]

    static func named(_ name: String) -> RuleKey? {
        all.first { $0.name == name }
    }
}

extension RuleKey {
    private init<Value: Sendable>(
        _ name: String,
        get: @escaping @Sendable (GroupRules) -> Value?,
        _ syntax: SettingSyntax<Value>,
        isOfApplication: Bool = false,
        set: @escaping @Sendable (inout GroupRules, Value) -> Void
    ) {
        self.init(
            name: name,
            accepts: syntax.accepts,
            apply: { value, rules in
                guard case .text(let text) = value, let value = syntax.read(text) else {
                    return false
                }
                set(&rules, value)
                return true
            },
            text: { rules in get(rules).map(syntax.write) },
            isOfApplication: isOfApplication
        )
    }

    private static func time(
        _ name: String,
        _ path: any WritableKeyPath<GroupRules, Double> & Sendable
    ) -> RuleKey {
        RuleKey(
            name,
            get: { .milliseconds(Int64(($0[keyPath: path] * 1000).rounded())) },
            SettingSyntax<Duration>.duration(from: "100ms", to: "24h"),
            set: { rules, duration in
                let (seconds, attoseconds) = duration.components
                rules[keyPath: path] = Double(seconds) + Double(attoseconds) / 1e18
            }
        )
    }
}
