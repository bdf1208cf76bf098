import Foundation
import Synchronization

/// Threads that run migrations, each one at a time.
final class MigrationCrew: Sendable {
    typealias Outcome = (scenario: Scenario, result: Result<MigrationMeasurement, any Error>)

    private struct State {
        var waiting: ArraySlice<Migration>
        var outcomes: [Outcome] = []
        var unreportedCount: Int
    }

    private let state: Mutex<State>
    private let hasOutcome = DispatchSemaphore(value: 0)

    /// Starts the threads.
    init(_ migrations: [Migration], size: Int) {
        state = Mutex(State(waiting: migrations[...], unreportedCount: migrations.count))
        for _ in 0..<size {
            Thread.detachNewThread { [self] in work() }
        }
    }

    /// Waits for a migration to end.
    ///
    /// - Returns: Nothing if all have been reported.
    func nextResult() -> Outcome? {
        guard state.withLock({ $0.unreportedCount > 0 }) else { return nil }
        hasOutcome.wait()
        return state.withLock { state in
            state.unreportedCount -= 1
            return state.outcomes.removeFirst()
        }
    }

    private func work() {
        while let migration = state.withLock({ $0.waiting.popFirst() }) {
            let result = Result { try migration.measure() }
            state.withLock { $0.outcomes.append((migration.scenario, result)) }
            hasOutcome.signal()
        }
    }
}
