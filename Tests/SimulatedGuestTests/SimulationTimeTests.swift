import Glibc
import Testing

@testable import SimulatedGuest

struct SimulationTimeTests {
    /// Keeps the processor busy for so long.
    private func work(microseconds: Int) {
        let clock = SimulationTime()
        while clock.microseconds < microseconds { clock.measure { for _ in 0..<1000 {} } }
    }

    @Test func workCountsAndWaitingDoesNot() {
        let time = SimulationTime()
        time.measure { work(microseconds: 5000) }
        #expect(time.microseconds >= 5000)
        let before = time.microseconds
        work(microseconds: 5000)
        #expect(time.microseconds == before)
        time.measure { _ = usleep(200_000) }
        #expect(time.microseconds - before < 200_000)
    }

    @Test func threadsAddUp() async {
        let time = SimulationTime()
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { time.measure { work(microseconds: 2000) } }
            }
        }
        #expect(time.microseconds >= 8000)
    }

    @Test func whatIsMeasuredMayThrow() {
        struct Problem: Error {}
        let time = SimulationTime()
        #expect(throws: Problem.self) {
            try time.measure {
                work(microseconds: 1000)
                throw Problem()
            }
        }
        #expect(time.microseconds >= 1000)
    }
}
