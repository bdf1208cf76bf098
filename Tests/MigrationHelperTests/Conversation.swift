import LibxlSide

/// All that a helper said, and how it ended.
struct Conversation: Sendable {
    enum Status: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    let messages: [ReceivedMessage]
    let status: Status

    var numbers: [UInt16] { messages.map(\.number) }

    var completion: Completion? { messages.last?.completion }

    var log: [String] { messages.compactMap(\.logText) }

    /// The lines of level `error`.
    var errors: [String] { messages.filter { $0.logLevel == 8 }.compactMap(\.logText) }

    func count(of number: UInt16) -> Int {
        numbers.count { $0 == number }
    }
}
