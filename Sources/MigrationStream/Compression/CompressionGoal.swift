/// What counts when the effort of compression is chosen automatically.
public enum CompressionGoal: Sendable {
    /// The shortest time: for a program that has the machine to itself.
    case shortestTime

    /// Little processor time, if that costs little time: for a dom0, whose processors are its guests'.
    case sharedProcessors
}

extension CompressionGoal {
    /// What a second of processor time may cost in seconds of transfer.
    var processorWeight: Double {
        switch self {
        case .shortestTime: 0.4
        case .sharedProcessors: 1.2
        }
    }

    /// How much longer than with the fastest effort a transfer may take to save processor time.
    var toleranceForOthers: Double {
        switch self {
        case .shortestTime: 1.08
        case .sharedProcessors: 1.25
        }
    }

    /// The same for the effort in use, so that it does not change to and fro.
    var toleranceForCurrent: Double { toleranceForOthers + 0.01 }
}
