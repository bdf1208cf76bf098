/// How long the clients of an application wait while its members move.
///
/// A request takes a base time, in which its tiers call each other some number of times. While they
/// are split, each call takes a round trip more. While a member is paused, nothing goes on. A
/// request that is under way when the phase changes goes on at the other speed from where it is.
/// Clients are not slowed down by what they wait for, and requests do not wait for each other.
public struct ClientModel: Equatable, Sendable {
    /// What a request takes while the application is at one place.
    public var baseSeconds: Double
    /// How often its tiers call each other in a request.
    public var callCount: Double
    /// What a call takes more while they are split.
    public var roundTripSeconds: Double

    /// A model; all numbers are above zero.
    public init(baseSeconds: Double, callCount: Double, roundTripSeconds: Double) {
        self.baseSeconds = baseSeconds
        self.callCount = callCount
        self.roundTripSeconds = roundTripSeconds
    }

    /// What a request takes while the application is split.
    public var splitSeconds: Double { baseSeconds + callCount * roundTripSeconds }

    /// How long a request takes that comes at a time.
    public func responseSeconds(at time: Double, _ arrival: GroupArrival) -> Double {
        var rest = 1.0
        var now = time
        for change in arrival.changeTimes where change > time {
            let speed = speed(in: arrival.phase(at: now))
            let done = (change - now) * speed
            if done >= rest { return now + rest / speed - time }
            rest -= done
            now = change
        }
        return now + rest / speed(in: arrival.phase(at: now)) - time
    }

    /// The response times of requests that come all the time.
    ///
    /// - Parameters:
    ///   - times: When they come.
    ///   - interval: Seconds from one to the next.
    ///   - arrival: What the group does.
    /// - Returns: Seconds, in the order of coming.
    public func responseSeconds(
        during times: Range<Double>,
        every interval: Double,
        _ arrival: GroupArrival
    ) -> [Double] {
        // In the middles of equal parts, of which there is at least one.
        let count = max(1, Int(((times.upperBound - times.lowerBound) / interval).rounded()))
        let part = (times.upperBound - times.lowerBound) / Double(count)
        return (0..<count).map { number in
            responseSeconds(at: times.lowerBound + (Double(number) + 0.5) * part, arrival)
        }
    }

    /// How much of a request is done in a second.
    private func speed(in phase: GroupArrival.Phase) -> Double {
        switch phase {
        case .together: 1 / baseSeconds
        case .split: 1 / splitSeconds
        case .paused: 0
        }
    }
}
