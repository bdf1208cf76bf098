/// One of the copies of a trace that a guest is made of, with its own place in time.
///
/// The first tile is the trace itself. Another one is later in the loop, and has other bytes in its
/// pages, see `ByteRotation`.
struct GuestTile: Sendable {
    private let trace: GuestTrace
    private let number: Int
    private let tiling: GuestTiling
    private let rotation: ByteRotation
    private let startSeconds: Double
    private var loop: UInt32 = 0
    /// The next write of the loop.
    private var nextWrite = 0
    /// By chain.
    private var positions: [RewrittenPage.Position]

    /// A tile at the start of the guest's time.
    init(_ trace: GuestTrace, number: Int, of tiling: GuestTiling) {
        self.trace = trace
        self.number = number
        self.tiling = tiling
        rotation = ByteRotation(number: number)
        startSeconds = trace.loopSeconds * Double(number) / Double(tiling.count)
        positions = Array(repeating: .init(), count: trace.chains.count)
        var writtenBefore = PageBitmap(pageCount: tiling.addressSpacePageCount)
        write(until: 0, &writtenBefore)
    }

    /// Does all writes up to a time of the guest, and adds the pages that they went to.
    mutating func write(until guestSeconds: Double, _ dirty: inout PageBitmap) {
        guard !trace.writes.isEmpty else { return }
        let seconds = startSeconds + guestSeconds
        // Each loop writes to the same pages: only the last whole one counts.
        let loopCount = UInt32(min(seconds / trace.loopSeconds, Double(UInt32.max / 2)))
        if loopCount > loop + 2 {
            loop = loopCount - 1
            nextWrite = 0
        }
        while true {
            if nextWrite == trace.writes.count {
                nextWrite = 0
                loop += 1
            }
            let write = trace.writes[nextWrite]
            guard Double(loop) * trace.loopSeconds + write.seconds <= seconds else { return }
            nextWrite += 1
            positions[Int(write.chain)] = RewrittenPage.Position(
                version: write.version,
                remaining: write.remaining,
                loop: loop
            )
            let tracePFN = trace.chains[Int(write.chain)].pfn
            if let pfn = tiling.pfn(of: tracePFN, inTile: number) { dirty.insert(pfn) }
        }
    }

    /// Adds a page as it is now to a batch.
    ///
    /// - Parameters:
    ///   - tracePFN: Which page of the trace it is.
    ///   - pfn: Which page of the guest it is.
    ///   - batch: What the page is added to.
    ///   - builder: What makes pages that were not recorded.
    func read(
        _ tracePFN: UInt32,
        as pfn: UInt32,
        into batch: PageBatch,
        _ builder: RewrittenPage
    ) {
        let chain = trace.chainOfPFN[Int(tracePFN)]
        let position = chain < 0 ? .init() : positions[Int(chain)]
        let version = version(position, chain, tracePFN)
        guard version.hasPage else {
            batch.append(pfn: pfn, type: version.type, page: nil)
            return
        }
        var page = trace.stream.content.baseAddress.map { $0 + version.offset }
        if !position.isRecorded {
            let scratch = batch.makeScratchPage()
            builder.build(
                position,
                of: trace.versions[trace.chains[Int(chain)].versions],
                in: trace.stream.content,
                at: scratch
            )
            rotation.apply(to: UnsafeRawPointer(scratch), into: scratch)
            page = UnsafeRawPointer(scratch)
        } else if !rotation.isIdentity, let recorded = page {
            let scratch = batch.makeScratchPage()
            rotation.apply(to: recorded, into: scratch)
            page = UnsafeRawPointer(scratch)
        }
        batch.append(pfn: pfn, type: version.type, page: page)
    }

    private func version(
        _ position: RewrittenPage.Position,
        _ chain: Int32,
        _ tracePFN: UInt32
    ) -> PageVersion {
        guard chain >= 0 else { return trace.firstVersions[Int(tracePFN)] }
        let first = trace.chains[Int(chain)].versions.lowerBound
        return trace.versions[first + Int(position.version)]
    }
}
