import ArrivalModel
import ReportSupport

/// How a group moved.
struct GroupMeasurement: Sendable {
    /// In the order of the scenario.
    let members: [MemberMeasurement]

    /// What clients of the application get; see `SyncDocument` for where the numbers are from.
    static let model = ClientModel(
        baseSeconds: 0.019,
        callCount: 19,
        roundTripSeconds: Double(SharedLink.roundTripMilliseconds) / 1000
    )
    /// How often a request comes.
    static let requestInterval = 0.001

    /// The pauses and arrivals; there is at least one member.
    var arrival: GroupArrival? {
        GroupArrival(
            members.map { .init(suspendTime: $0.suspendSeconds, resumeTime: $0.resumeSeconds) }
        )
    }

    var byteCount: Int { members.reduce(0) { $0 + $1.byteCount } }

    var totalSeconds: Double { members.map(\.resumeSeconds).max() ?? 0 }

    var longestPauseSeconds: Double {
        members.map { $0.resumeSeconds - $0.suspendSeconds }.max() ?? 0
    }

    /// The response times of the requests that come while the group moves.
    var responses: [Double] {
        guard let arrival else { return [] }
        return Self.model.responseSeconds(
            during: 0..<totalSeconds,
            every: Self.requestInterval,
            arrival
        )
    }

    /// That of the requests that come between the first suspension and the last arrival.
    var switchoverResponses: [Double] {
        guard let arrival else { return [] }
        return Self.model.responseSeconds(
            during: arrival.switchover,
            every: Self.requestInterval,
            arrival
        )
    }
}

extension Collection where Element == Double {
    /// The sum divided by the number of elements; 0 without any.
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
