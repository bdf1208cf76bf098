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
        var loop: UInt32 = 0
        /// The next write of the loop.
        var nextWrite = 0
        /// By chain.
        var positions: [RewrittenPage.Position]
        var dirty: PageBitmap
    }

    /// What the guest does.
    public let trace: GuestTrace
    private let timeScale: Double
    private let time: SimulationTime
    private let state: Mutex<State>

    /// A guest that was paused at the start of its trace.
    ///
    /// - Parameters:
    ///   - trace: What it does.
    ///   - timeScale: How many of its seconds pass in one second of the caller's clock.
    ///   - time: Where the processor time goes that its writes take.
    public init(
        _ trace: GuestTrace,
        timeScale: Double,
        countingIn time: SimulationTime = SimulationTime()
    ) {
        self.trace = trace
        self.timeScale = timeScale
        self.time = time
        state = Mutex(
            State(
                positions: Array(repeating: .init(), count: trace.chains.count),
                dirty: PageBitmap(pageCount: trace.addressSpacePageCount)
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
            state.dirty = PageBitmap(pageCount: trace.addressSpacePageCount)
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
                let chain = trace.chainOfPFN[Int(pfn)]
                let position = chain < 0 ? .init() : state.positions[Int(chain)]
                let version = version(position, chain, pfn)
                guard version.hasPage else {
                    batch.append(pfn: pfn, type: version.type, page: nil)
                    continue
                }
                if position.isRecorded {
                    let page = trace.stream.content.baseAddress.map { $0 + version.offset }
                    batch.append(pfn: pfn, type: version.type, page: page)
                } else {
                    let page = batch.makeScratchPage()
                    builder.build(
                        position,
                        of: trace.versions[trace.chains[Int(chain)].versions],
                        in: trace.stream.content,
                        at: page
                    )
                    batch.append(pfn: pfn, type: version.type, page: UnsafeRawPointer(page))
                }
            }
        }
    }

    /// All of this is what a real guest does on its own processors, and Xen for it.
    private func use<Result>(_ body: (inout State) -> Result) -> Result {
        time.measure { state.withLock { body(&$0) } }
    }

    private func version(
        _ position: RewrittenPage.Position,
        _ chain: Int32,
        _ pfn: UInt32
    ) -> PageVersion {
        guard chain >= 0 else { return trace.firstVersions[Int(pfn)] }
        let first = trace.chains[Int(chain)].versions.lowerBound
        return trace.versions[first + Int(position.version)]
    }

    private func guestSeconds(_ state: borrowing State, _ now: Double) -> Double {
        state.guestSeconds + (state.runsSince.map { max(now - $0, 0) * timeScale } ?? 0)
    }

    /// Does all writes up to now.
    private func catchUp(_ state: inout State, _ now: Double) {
        guard !trace.writes.isEmpty else { return }
        let seconds = guestSeconds(state, now)
        // Each loop writes to the same pages: only the last whole one counts.
        let loopCount = UInt32(min(seconds / trace.loopSeconds, Double(UInt32.max / 2)))
        if loopCount > state.loop + 2 {
            state.loop = loopCount - 1
            state.nextWrite = 0
        }
        while true {
            if state.nextWrite == trace.writes.count {
                state.nextWrite = 0
                state.loop += 1
            }
            let write = trace.writes[state.nextWrite]
            guard Double(state.loop) * trace.loopSeconds + write.seconds <= seconds else { return }
            state.nextWrite += 1
            state.positions[Int(write.chain)] = RewrittenPage.Position(
                version: write.version,
                remaining: write.remaining,
                loop: state.loop
            )
            state.dirty.insert(trace.chains[Int(write.chain)].pfn)
        }
    }
}
