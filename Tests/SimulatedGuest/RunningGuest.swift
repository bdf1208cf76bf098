internal import Synchronization

/// A guest that runs through its trace, again and again, and whose writes are tracked.
///
/// Times are in seconds of one clock of the caller. The guest's own time goes faster or slower by a
/// factor, and stands still while it is paused. Several threads may use it.
public final class RunningGuest: Sendable {
    private struct State {
        /// Guest seconds when it was last paused or started.
        var guestSeconds = 0.0
        /// Since when it runs.
        var runsSince: Double?
        var tiles: [GuestTile]
        var dirty: PageBitmap
    }

    /// What the guest does.
    public let trace: GuestTrace
    /// How its memory is put together from that of the trace.
    public let tiling: GuestTiling
    private let timeScale: Double
    private let time: SimulationTime
    private let state: Mutex<State>

    /// A guest that was paused at the start of its trace.
    ///
    /// - Parameters:
    ///   - trace: What it does.
    ///   - timeScale: How many of its seconds pass in one second of the caller's clock.
    ///   - tiling: How its memory is put together.
    ///   - time: Where the processor time goes that its writes take.
    public init(
        _ trace: GuestTrace,
        timeScale: Double,
        tiling: GuestTiling,
        countingIn time: SimulationTime = SimulationTime()
    ) {
        self.trace = trace
        self.tiling = tiling
        self.timeScale = timeScale
        self.time = time
        state = Mutex(
            State(
                tiles: (0..<tiling.count).map { GuestTile(trace, number: $0, of: tiling) },
                dirty: PageBitmap(pageCount: tiling.addressSpacePageCount)
            )
        )
    }

    /// Lets the guest run.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - startSeconds: How many seconds of its trace it does at once.
    public func resume(at now: Double, startSeconds: Double = 0) {
        use { state in
            state.guestSeconds += max(startSeconds, 0)
            state.runsSince = state.runsSince ?? now
        }
    }

    /// Stops it; its memory stays as it is.
    public func pause(at now: Double) {
        use { state in
            catchUp(&state, now)
            state.guestSeconds = guestSeconds(state, now)
            state.runsSince = nil
        }
    }

    /// How many pages were written to since the dirty pages were last taken.
    public func dirtyPageCount(at now: Double) -> Int {
        use { state in
            catchUp(&state, now)
            return state.dirty.count
        }
    }

    /// The pages that were written to since the dirty pages were last taken.
    public func dirtyPages(at now: Double) -> PageBitmap {
        use { state in
            catchUp(&state, now)
            return state.dirty
        }
    }

    /// Takes the dirty pages: none is dirty now.
    public func takeDirtyPages(at now: Double) -> PageBitmap {
        use { state in
            catchUp(&state, now)
            let dirty = state.dirty
            state.dirty = PageBitmap(pageCount: tiling.addressSpacePageCount)
            return dirty
        }
    }

    /// Reads pages as they are now.
    ///
    /// - Parameters:
    ///   - pfns: At most 1024 pages of the address space.
    ///   - now: The time.
    ///   - batch: Replaced by these pages.
    func read(_ pfns: some Sequence<UInt32>, at now: Double, into batch: PageBatch) {
        batch.removeAll()
        let builder = RewrittenPage()
        defer { builder.deallocate() }
        use { state in
            catchUp(&state, now)
            for pfn in pfns {
                let (tile, tracePFN) = tiling.place(of: pfn)
                state.tiles[tile].read(tracePFN, as: pfn, into: batch, builder)
            }
            batch.bringIntoMemory()
        }
    }

    /// Gives back the memory of the pages that were read.
    func forgetPages() {
        time.measure { trace.stream.forget() }
    }

    /// All of this is what a real guest does on its own processors, and Xen for it.
    private func use<Result>(_ body: (inout State) -> Result) -> Result {
        time.measure { state.withLock { body(&$0) } }
    }

    private func guestSeconds(_ state: borrowing State, _ now: Double) -> Double {
        state.guestSeconds + (state.runsSince.map { max(now - $0, 0) * timeScale } ?? 0)
    }

    /// Does all writes up to now.
    private func catchUp(_ state: inout State, _ now: Double) {
        let seconds = guestSeconds(state, now)
        for number in state.tiles.indices {
            state.tiles[number].write(until: seconds, &state.dirty)
        }
    }
}
