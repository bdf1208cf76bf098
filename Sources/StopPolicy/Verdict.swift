/// What to do after a round, and why.
public struct Verdict: Equatable, Sendable {
    /// What to do.
    public enum Decision: String, Equatable, Sendable {
        /// Send another round live.
        case next
        /// Pause the guest and send what is dirty.
        case stop
        /// Wait with the pause for other domains; whoever asks the policy makes this of `stop`.
        case hold
        /// Give up; the guest stays at the source.
        case abort
    }

    /// What to do.
    public var decision: Decision

    /// Why.
    public var reason: Reason

    /// The round it follows.
    public var roundNumber: Int

    /// How many pages are dirty.
    public var pendingPageCount: Int

    /// What our stream is expected to take for them.
    public var pendingByteCount: Int

    /// How long the guest would be paused for them, as is expected.
    public var pauseMilliseconds: Double

    /// With `observe`, what Smart Stop and the budgets would do, until they would have ended it.
    public var observation: Observation?

    /// What would have been decided.
    public struct Observation: Equatable, Sendable, CustomStringConvertible {
        /// What would have been done.
        public var decision: Decision
        /// Why.
        public var reason: Reason

        /// One line for an operator.
        public var description: String {
            switch decision {
            case .next: "smart would go on: \(reason)"
            case .stop, .hold: "smart would stop here: \(reason)"
            case .abort: "smart would give up here: \(reason)"
            }
        }
    }
}

extension Verdict: CustomStringConvertible {
    /// One line for an operator.
    public var description: String {
        let pause = Figures.duration(milliseconds: pauseMilliseconds)
        let rest =
            "about \(Figures.count(pendingPageCount)) pages, "
            + "\(Figures.byteCount(pendingByteCount)), \(pause) pause"
        let line =
            switch decision {
            case .next: "going on after round \(roundNumber): \(rest); \(reason)"
            case .stop: "stopped after round \(roundNumber): \(rest); \(reason)"
            case .hold:
                "ready after round \(roundNumber): \(rest); \(reason); waiting for the "
                    + "application's other domains"
            case .abort:
                "gave up after round \(roundNumber): \(rest); \(reason); the guest stays at the "
                    + "source: raise the budget, or set when-unmet to stop or continue"
            }
        return observation.map { "\(line) (\($0))" } ?? line
    }
}
