/// What an operator asks the coordinator; only over a local connection.
public enum OperatorRequest: Equatable, Sendable {
    /// All groups.
    case list
    /// Tell all members of an application's current group to give up.
    case abort(application: String)
    /// Tell them to stop, ready or not.
    case release(application: String)
}

/// What the coordinator answers.
public enum OperatorAnswer: Equatable, Sendable {
    /// The groups as they are, or as they are after what was asked.
    case groups([GroupSnapshot])
    /// It was not done.
    case refusal(Refusal)
}
