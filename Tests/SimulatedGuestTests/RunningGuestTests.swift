import TestSupport
import Testing

@testable import SimulatedGuest

/// A guest that runs, is paused and is watched.
struct RunningGuestTests {
    private var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
    private let comment: Comment = "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"

    private mutating func stream() -> [UInt8] {
        StockStreamBuilder.stream(rounds: TracedGuests.rounds(count: 5, &generator))
    }

    @Test mutating func aPeekTakesNothingAndFindsNoMoreThanATakeAfterIt() throws {
        let guest = try TracedGuests.guest(stream())
        guest.resume(at: 0)
        let half = guest.trace.loopSeconds / 2
        let peeked = guest.dirtyPageCount(at: half)
        #expect(peeked > 0, comment)
        #expect(guest.dirtyPageCount(at: half) == peeked)
        #expect(guest.dirtyPages(at: half).count == peeked)
        let taken = guest.takeDirtyPages(at: 2 * half).count
        #expect(taken > peeked && taken <= guest.trace.chains.count, comment)
        #expect(guest.dirtyPageCount(at: 2 * half) == 0)
    }

    @Test mutating func aPausedGuestWritesNothing() throws {
        let guest = try TracedGuests.guest(stream())
        let before = guest.memoryDigest(at: 1000)
        #expect(guest.dirtyPageCount(at: 1000) == 0, "not started")
        let end = guest.trace.loopSeconds
        guest.resume(at: 2000)
        guest.pause(at: 2000 + end)
        let paused = guest.memoryDigest(at: 2000 + end)
        #expect(paused != before, comment)
        _ = guest.takeDirtyPages(at: 2000 + end)
        #expect(guest.memoryDigest(at: 9000) == paused)
        #expect(guest.dirtyPageCount(at: 9000) == 0)
        guest.resume(at: 9000)
        #expect(guest.dirtyPageCount(at: 9000 + end) == guest.trace.chains.count, comment)
    }

    @Test mutating func timeGoesByTheScale() throws {
        let stream = stream()
        let slow = try TracedGuests.guest(stream)
        let fast = try TracedGuests.guest(stream, timeScale: 8)
        let frozen = try TracedGuests.guest(stream, timeScale: 0)
        for guest in [slow, fast, frozen] { guest.resume(at: 5) }
        for fraction in [0.1, 0.7, 1, 2.5, 11] {
            let seconds = slow.trace.loopSeconds * fraction
            let dirty = slow.dirtyPages(at: 5 + 8 * seconds).pfns
            #expect(
                fast.dirtyPages(at: 5 + seconds).pfns == slow.dirtyPages(at: 5 + 8 * seconds).pfns
            )
            #expect(!dirty.isEmpty)
            #expect(frozen.dirtyPageCount(at: 5 + seconds) == 0)
        }
    }

    @Test mutating func aLongJumpEndsWhereManyStepsEnd() throws {
        let stream = stream()
        let jumping = try TracedGuests.guest(stream)
        let stepping = try TracedGuests.guest(stream)
        for guest in [jumping, stepping] { guest.resume(at: 0) }
        let loop = jumping.trace.loopSeconds
        for step in 1...120 { _ = stepping.dirtyPageCount(at: loop * Double(step) / 8) }
        #expect(
            jumping.memoryDigest(at: 15 * loop) == stepping.memoryDigest(at: 15 * loop),
            comment
        )
        #expect(jumping.dirtyPages(at: 15 * loop).pfns == stepping.dirtyPages(at: 15 * loop).pfns)
    }

    @Test mutating func aLateStartSkipsWhatTheGuestDidBefore() throws {
        let stream = stream()
        let early = try TracedGuests.guest(stream, timeScale: 4)
        let late = try TracedGuests.guest(stream, timeScale: 4)
        let loop = early.trace.loopSeconds
        early.resume(at: 0)
        late.resume(at: 100, startSeconds: 1.6 * loop)
        #expect(late.memoryDigest(at: 100) == early.memoryDigest(at: 0.4 * loop), comment)
        late.pause(at: 100 + loop)
        late.resume(at: 200)
        // What was skipped is skipped once.
        #expect(
            late.memoryDigest(at: 200 + loop) == early.memoryDigest(at: 2.4 * loop),
            comment
        )
    }

    @Test mutating func eachLoopMakesNewMemory() throws {
        let guest = try TracedGuests.guest(stream())
        guest.resume(at: 0)
        var seen: Set<String> = []
        for loop in 1...20 {
            let digest = guest.memoryDigest(at: Double(loop) * guest.trace.loopSeconds)
            #expect(seen.insert(digest).inserted, comment)
        }
    }

    @Test func aGuestThatWasSavedPausedIsIdle() throws {
        let guest = try TracedGuests.guest(
            StockStreamBuilder.stream(rounds: [[GuestPage(3, Content.noise(1))]])
        )
        guest.resume(at: 0)
        #expect(guest.dirtyPageCount(at: 1e9) == 0)
        #expect(guest.trace.memoryPageCount == 1 && guest.trace.addressSpacePageCount == 4)
    }
}
