internal import Coordination

/// The groups as metrics.
///
/// The number of series is bounded: of an application only the newest group is shown, a migration
/// that follows it takes its series over, and beyond a limit members are only counted.
enum GroupMetrics {
    /// No more members than these have series of their own.
    static let memberCountMaximum = 4000

    /// The metrics of all groups, for Prometheus.
    static func text(_ groups: [GroupSnapshot]) -> String {
        var metrics = MetricsText()
        addCounts(groups, to: &metrics)
        let newest = newest(groups)
        addGroups(newest.prefix(memberCountMaximum), to: &metrics)
        let members = newest.flatMap { group in Member.all(of: group) }
        addMembers(members.prefix(memberCountMaximum), to: &metrics)
        metrics.add(
            "cloudnet_members_left_out",
            .gauge,
            help: "Members that have no series here, because there are too many.",
            [.init([], Double(max(members.count - memberCountMaximum, 0)))]
        )
        return metrics.text
    }

    private static func addCounts(_ groups: [GroupSnapshot], to metrics: inout MetricsText) {
        metrics.add(
            "cloudnet_groups",
            .gauge,
            help: "Groups that the coordinator knows, by state.",
            GroupState.allCases.map { state in
                .init([.init("state", state.rawValue)], count(groups) { $0.state == state })
            }
        )
        let members = groups.flatMap(\.members)
        metrics.add(
            "cloudnet_members",
            .gauge,
            help: "Members of those groups, by state.",
            MemberState.allCases.map { state in
                .init([.init("state", state.rawValue)], count(members) { $0.state == state })
            }
        )
        metrics.add(
            "cloudnet_members_disconnected",
            .gauge,
            help: "Members that are not over and have no connection.",
            [.init([], count(members) { !$0.isConnected && !$0.state.isOver })]
        )
    }

    private static func addGroups(
        _ groups: some Collection<GroupSnapshot>,
        to metrics: inout MetricsText
    ) {
        func add(
            _ name: String,
            kind: MetricsText.Kind = .gauge,
            _ help: String,
            _ value: (GroupSnapshot) -> Double?
        ) {
            let samples = groups.compactMap { group in
                value(group).map { value in
                    MetricsText.Sample([.init("application", group.application)], value)
                }
            }
            metrics.add("cloudnet_group_" + name, kind, help: help, samples)
        }
        add("start_time_seconds", "When the newest group of the application began.") {
            $0.startTime
        }
        add("members", "Members that have joined it.") { Double($0.members.count) }
        add("decisions_total", kind: .counter, "Decisions that it was told.") { group in
            group.members.compactMap { $0.decision?.number }.max().map(Double.init) ?? 0
        }
        add("stop_expected_seconds", "How long it takes until its guests pause, if known.") {
            $0.secondsToStop
        }
        add("skew_seconds", "How far apart its first and last pause began, once they have.") {
            $0.skewMilliseconds.map { $0 / 1000 }
        }
    }

    private static func addMembers(
        _ members: some Collection<Member>,
        to metrics: inout MetricsText
    ) {
        func add(
            _ name: String,
            kind: MetricsText.Kind = .gauge,
            _ help: String,
            _ value: (MemberSnapshot) -> Double
        ) {
            let samples = members.map { MetricsText.Sample($0.labels, value($0.snapshot)) }
            metrics.add("cloudnet_member_" + name, kind, help: help, samples)
        }
        add("connected", "Whether the member has a connection (1) or not (0).") {
            $0.isConnected ? 1 : 0
        }
        add("transferred_bytes_total", kind: .counter, "Bytes that its migration has sent.") {
            Double($0.progress.transferredByteCount)
        }
        add("remaining_bytes", "Bytes that it has to send, as far as is known.") {
            Double($0.progress.remainingByteCount)
        }
        add("pause_expected_seconds", "How long its guest would pause if it stopped now.") {
            Double($0.progress.pauseMilliseconds) / 1000
        }
        add("link_bytes_per_second", "How fast its link takes the stream; 0 if not known.") {
            Double($0.progress.bytesPerSecond)
        }
    }

    /// The newest group of each application, in the order of the groups given.
    private static func newest(_ groups: [GroupSnapshot]) -> [GroupSnapshot] {
        var places: [String: Int] = [:]
        var result: [GroupSnapshot] = []
        for group in groups {
            guard let place = places[group.application] else {
                places[group.application] = result.count
                result.append(group)
                continue
            }
            if group.group > result[place].group { result[place] = group }
        }
        return result
    }

    private static func count<Element>(
        _ elements: [Element],
        where isCounted: (Element) -> Bool
    ) -> Double {
        Double(elements.count(where: isCounted))
    }
}

/// A member and the labels of its series.
private struct Member {
    let labels: [MetricsText.Label]
    let snapshot: MemberSnapshot

    /// The members of a group; a second one with the same labels is left out, as they would make the
    /// whole text invalid.
    static func all(of group: GroupSnapshot) -> [Member] {
        var seen: Set<[String]> = []
        return group.members.compactMap { member in
            guard seen.insert([member.domain, member.host, member.uuid]).inserted else {
                return nil
            }
            return Member(
                labels: [
                    .init("application", group.application), .init("domain", member.domain),
                    .init("host", member.host), .init("uuid", member.uuid),
                ],
                snapshot: member
            )
        }
    }
}
