/// What follows from one event in one group: it is stored before any of it is sent.
struct Outbox: Sendable {
    /// What is to be done, in its order.
    private(set) var effects: [Effect] = []

    /// Whether the group must be stored before anything is sent.
    var isRecordChanged = false

    /// Takes up what is to be done.
    mutating func add(_ effect: Effect) { effects.append(effect) }
}
