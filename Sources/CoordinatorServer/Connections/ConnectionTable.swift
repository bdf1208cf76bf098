internal import NIOCore
internal import Synchronization

/// The connections at one address: how many there are, and which have not joined yet.
///
/// Whoever connects and says nothing takes a place only until others need it: the oldest of those
/// makes room. A member joins within milliseconds, so it is never the oldest for long.
final class ConnectionTable: Sendable {
    private struct State {
        var count = 0
        /// Those that have not joined, by number, and so by age.
        var unjoined: [Int: any Channel] = [:]
        /// No lower number is among them.
        var oldest = 0
        var next = 0
    }

    private let connectionCountMaximum: Int
    private let unjoinedCountMaximum: Int
    private let state = Mutex(State())

    init(_ limits: CoordinatorLimits) {
        connectionCountMaximum = limits.connectionCount
        unjoinedCountMaximum = limits.unjoinedConnectionCount
    }

    /// What became of a new connection.
    enum Admission {
        /// It has a place, and perhaps another one must go for it.
        case admitted(number: Int, instead: (any Channel)?)
        /// There is no place.
        case full
    }

    /// Gives a new connection a place.
    func admit(_ channel: any Channel) -> Admission {
        state.withLock { state in
            guard state.count < connectionCountMaximum else { return .full }
            state.count += 1
            let number = state.next
            state.next += 1
            state.unjoined[number] = channel
            guard state.unjoined.count > unjoinedCountMaximum else {
                return .admitted(number: number, instead: nil)
            }
            while state.unjoined[state.oldest] == nil { state.oldest += 1 }
            let oldest = state.unjoined.removeValue(forKey: state.oldest)
            return .admitted(number: number, instead: oldest)
        }
    }

    /// A connection has joined, or asked.
    func joins(_ number: Int) {
        state.withLock { _ = $0.unjoined.removeValue(forKey: number) }
    }

    /// A connection has ended.
    func ends(_ number: Int) {
        state.withLock { state in
            state.unjoined[number] = nil
            state.count -= 1
        }
    }
}
