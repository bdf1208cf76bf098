/// When the members of a group were paused and arrived.
public struct GroupArrival: Equatable, Sendable {
    /// One member; times are seconds of one clock.
    public struct Member: Equatable, Sendable {
        /// When it was suspended at the source.
        public var suspendTime: Double
        /// When it ran on at the target.
        public var resumeTime: Double

        /// A member that was suspended before it ran on.
        public init(suspendTime: Double, resumeTime: Double) {
            self.suspendTime = suspendTime
            self.resumeTime = resumeTime
        }
    }

    /// What the group is like at some time.
    enum Phase: Equatable {
        /// All run at one place.
        case together
        /// All run, but not at one place.
        case split
        /// Somebody is paused, and what needs all of them waits.
        case paused
    }

    /// All members, at least one.
    public let members: [Member]

    /// A group; without members there is none.
    public init?(_ members: [Member]) {
        guard !members.isEmpty else { return nil }
        self.members = members
    }

    /// How far apart the first and the last suspension were.
    public var suspendSkewSeconds: Double { Self.width(members.map(\.suspendTime)) }

    /// How far apart the first and the last arrival were.
    public var arrivalSkewSeconds: Double { Self.width(members.map(\.resumeTime)) }

    /// From the first suspension to the last arrival.
    public var switchover: Range<Double> {
        let start = members.map(\.suspendTime).min() ?? 0
        return start..<max(start, members.map(\.resumeTime).max() ?? 0)
    }

    /// How long at least one member was paused.
    public var pausedSeconds: Double { seconds(in: .paused) }

    /// How long all members ran, but not at one place.
    public var splitSeconds: Double { seconds(in: .split) }

    func phase(at time: Double) -> Phase {
        if members.contains(where: { $0.suspendTime <= time && time < $0.resumeTime }) {
            return .paused
        }
        let arrivedCount = members.count { $0.resumeTime <= time }
        return arrivedCount == 0 || arrivedCount == members.count ? .together : .split
    }

    /// When the phase may change, ascending.
    var changeTimes: [Double] { members.flatMap { [$0.suspendTime, $0.resumeTime] }.sorted() }

    private func seconds(in wanted: Phase) -> Double {
        zip(changeTimes, changeTimes.dropFirst()).reduce(0) { sum, times in
            phase(at: times.0) == wanted ? sum + times.1 - times.0 : sum
        }
    }

    private static func width(_ values: [Double]) -> Double {
        (values.max() ?? 0) - (values.min() ?? 0)
    }
}
