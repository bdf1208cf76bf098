/// A way to move the members of a group.
struct GroupMethod: Sendable {
    /// What it is called in files and on the command line.
    let key: String
    let title: String
    /// How the coordinator lets members wait that are ready; nothing without a coordinator.
    let pacing: String?
    /// What it is, in words.
    let description: String

    /// Each member stops when its own policy says so.
    static let unsynchronized = GroupMethod(
        key: "none",
        title: "unsynchronised",
        pacing: nil,
        description: "Each member stops when its own policy says so; there is no coordinator."
    )

    /// Ready members hold, and send a closing round in time.
    static let holding = GroupMethod(
        key: "hold",
        title: "holding",
        pacing: "hold",
        description: """
            Ours: who is ready holds and sends one closing round when the others are about to be \
            ready; the link is shared so that all finish together.
            """
    )

    static let all = [
        unsynchronized,
        GroupMethod(
            key: "spin",
            title: "spinning",
            pacing: "spin",
            description: """
                The paper's rule: who is ready sends rounds until all are ready.
                """
        ),
        holding,
    ]
}
