package import Coordination

/// Where groups are kept, so that a coordinator which was restarted knows them.
///
/// Only one coordinator uses it at a time. It is called on one thread.
package protocol GroupStore: Sendable {
    /// All that is kept.
    func records() throws -> [GroupRecord]
    /// Changes what is kept: all of it or, if it throws, nothing; safe when it returns.
    func write(_ changes: [GroupChange]) throws
    /// Nothing more is asked.
    func close() throws
}

/// A change of what is kept of one group.
package enum GroupChange: Equatable, Sendable {
    /// This is kept instead of what was kept of the group before, if anything was.
    case keep(GroupRecord)
    /// Nothing is kept of the group any more.
    case forget(application: String, group: Int)

    private struct Key: Hashable {
        let application: String
        let group: Int
    }

    private var key: Key {
        switch self {
        case .keep(let record): Key(application: record.application, group: record.group)
        case .forget(let application, let group): Key(application: application, group: group)
        }
    }

    /// What many changes come to: the last one of each group.
    static func last(of changes: [GroupChange]) -> [GroupChange] {
        var seen: Set<Key> = []
        return changes.reversed().filter { seen.insert($0.key).inserted }.reversed()
    }
}
