/// What follows from one event in one group: it is stored before any of it is sent.
struct Outbox: Sendable {
    private var effects: [Effect] = []

    /// Whether the group must be stored before anything is sent.
    var isRecordChanged = false

    /// Takes up what is to be done.
    mutating func add(_ effect: Effect) { effects.append(effect) }

    /// What is to be done, in its order, and nothing from then on.
    mutating func take(_ record: @autoclosure () -> GroupRecord) -> [Effect] {
        guard isRecordChanged || !effects.isEmpty else { return [] }
        let taken = (isRecordChanged ? [.store(record())] : []) + effects
        self = Outbox()
        return taken
    }
}
