internal import Synchronization

/// The lanes of compressed batches: who has one may use its compressor.
///
/// The lowest free number is taken, so that a link that is slower than one thread sees a single lane
/// and the best compression.
final class LanePool: Sendable {
    /// What the stream announces.
    let parameters: CompressionLanes

    private let lanes: [Lane]
    private let takenBits = Mutex(UInt(0))

    /// Creates lanes, at most `ExtendedStream.laneCounts`.
    ///
    /// - Throws: `StreamError.compressionFailed`, which means a lack of memory.
    init(count: Int) throws(StreamError) {
        let parameters = CompressionLanes(
            count: count,
            windowLog: ExtendedStream.windowLog(laneCount: count)
        )
        var lanes: [Lane] = []
        for number in 0..<count {
            lanes.append(Lane(number, try ResidueCompressor(windowLog: parameters.windowLog)))
        }
        self.lanes = lanes
        self.parameters = parameters
    }

    /// Takes a lane; there must not be more takers than lanes.
    func take() -> Lane {
        let number = takenBits.withLock { bits in
            let number = (~bits).trailingZeroBitCount
            bits |= 1 << UInt(number)
            return number
        }
        return lanes[number]
    }

    /// Gives a lane back.
    func giveBack(_ lane: Lane) {
        takenBits.withLock { $0 &= ~(1 << UInt(lane.number)) }
    }
}

/// One lane: a number and its compressor.
final class Lane: @unchecked Sendable {
    let number: Int

    // SAFETY: touched only by the thread that took the lane.
    let compressor: ResidueCompressor

    init(_ number: Int, _ compressor: ResidueCompressor) {
        self.number = number
        self.compressor = compressor
    }
}
