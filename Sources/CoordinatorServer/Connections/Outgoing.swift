internal import Coordination

/// What the coordinator writes to a connection.
enum Outgoing: Sendable {
    /// A message to a member.
    case message(CoordinatorMessage)
    /// The answer to an operator; the connection ends.
    case answer(OperatorAnswer)
    /// Nothing more: the connection ends once all is written.
    case end
}
