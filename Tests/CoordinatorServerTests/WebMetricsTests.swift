import Coordination
import Testing

@testable import CoordinatorServer

/// The metrics as Prometheus reads them.
struct WebMetricsTests {
    @Test func groupsAndMembersAreCountedByState() throws {
        var earlier = WebExamples.arrivedShop
        earlier.group = 2
        let metrics = try PrometheusText(GroupMetrics.text([earlier, WebExamples.shop]))
        #expect(metrics.value("cloudnet_groups", ["state": "iterating"]) == 1)
        #expect(metrics.value("cloudnet_groups", ["state": "done"]) == 1)
        #expect(metrics.value("cloudnet_groups", ["state": "aborted"]) == 0)
        #expect(metrics.value("cloudnet_members", ["state": "waiting"]) == 1)
        #expect(metrics.value("cloudnet_members", ["state": "done"]) == 2)
        #expect(metrics.value("cloudnet_members_disconnected") == 0)
        #expect(metrics.value("cloudnet_members_left_out") == 0)
    }

    @Test func theNewestGroupOfAnApplicationIsShown() throws {
        var earlier = WebExamples.arrivedShop
        earlier.group = 2
        let shop = ["application": "shop"]
        var metrics = try PrometheusText(GroupMetrics.text([WebExamples.shop, earlier]))
        #expect(metrics.value("cloudnet_group_stop_expected_seconds", shop) == 34.1)
        #expect(metrics.value("cloudnet_group_decisions_total", shop) == 2)
        #expect(metrics.value("cloudnet_group_members", shop) == 2)
        #expect(metrics.value("cloudnet_group_start_time_seconds", shop) == 1_763_719_495)
        #expect(metrics.value("cloudnet_group_skew_seconds", shop) == nil)
        metrics = try PrometheusText(GroupMetrics.text([WebExamples.arrivedShop]))
        #expect(metrics.value("cloudnet_group_skew_seconds", shop) == 0.041)
        #expect(metrics.value("cloudnet_group_stop_expected_seconds", shop) == nil)
    }

    @Test func aMemberHasItsFigures() throws {
        let metrics = try PrometheusText(GroupMetrics.text([WebExamples.shop]))
        let database = [
            "application": "shop", "domain": "db", "host": "beta",
            "uuid": "5f3c1a2e-0a63-4a4e-9d0f-3a1f1f0e6c11",
        ]
        let values = [
            "connected": 1, "transferred_bytes_total": 1.2e9, "remaining_bytes": 4e8,
            "pause_expected_seconds": 0.9, "link_bytes_per_second": 1.18e7,
        ]
        for (name, value) in values {
            #expect(metrics.value("cloudnet_member_" + name, database) == value)
        }
    }

    @Test func hostileNamesStayLabels() throws {
        let group = WebExamples.hostile
        let metrics = try PrometheusText(GroupMetrics.text([group]))
        let member = group.members[0]
        let labels = [
            "application": group.application, "domain": member.domain, "host": member.host,
            "uuid": member.uuid,
        ]
        #expect(metrics.value("cloudnet_member_connected", labels) == 0)
        #expect(metrics.value("cloudnet_member_remaining_bytes", labels) == 0x1p63)
        // Two members with the same names have one series, or the whole text would be refused.
        #expect(metrics.values.keys.count { $0.name == "cloudnet_member_connected" } == 1)
        let start = ["application": group.application]
        #expect(metrics.value("cloudnet_group_start_time_seconds", start) == .infinity)
    }

    @Test func theNumberOfSeriesIsBounded() throws {
        let groups = (0..<5000).map { number in
            var group = WebExamples.shop
            group.application = "shop \(number)"
            return group
        }
        let metrics = try PrometheusText(GroupMetrics.text(groups))
        let limit = GroupMetrics.memberCountMaximum
        #expect(metrics.values.keys.count { $0.name == "cloudnet_member_connected" } == limit)
        #expect(metrics.values.keys.count { $0.name == "cloudnet_group_members" } == limit)
        #expect(metrics.value("cloudnet_members_left_out") == Double(10000 - limit))
        #expect(metrics.value("cloudnet_members", ["state": "waiting"]) == 5000)
    }

    @Test func withoutGroupsAllStatesAreZero() throws {
        let metrics = try PrometheusText(GroupMetrics.text([]))
        for state in GroupState.allCases {
            #expect(metrics.value("cloudnet_groups", ["state": state.rawValue]) == 0)
        }
        for state in MemberState.allCases {
            #expect(metrics.value("cloudnet_members", ["state": state.rawValue]) == 0)
        }
    }

    @Test(arguments: [
        (0.0, "0"), (-1.5, "-1.5"), (4e8, "400000000"), (.nan, "NaN"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (1e300, "1e+300"),
    ])
    func numbersAreGos(value: Double, text: String) {
        #expect(MetricsText.number(value) == text)
    }

    @Test(arguments: [
        "a 1", "# HELP a b\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{b=\"c} 1\n", "# HELP a b\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a b\n# TYPE a counter\na 1\n", "# HELP a b\n# TYPE a gauge\na one\n", "a 1\n",
    ])
    func theReaderIsStrict(text: String) {
        #expect(throws: PrometheusText.Problem.self) { try PrometheusText(text) }
    }
}
