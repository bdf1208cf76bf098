internal import Glibc
internal import SimulatedGuest
internal import Synchronization

/// The one guest of this host, if the environment names a trace for it.
enum Domain {
    /// What the guest's writes took, and reading its trace.
    static let simulationTime = SimulationTime()

    /// The guest, paused at time 0, or what is wrong with its trace; `nil` without a trace.
    static let guest: Result<RunningGuest, RecordedStreamError>? = path("SIMULATED_XEN_TRACE").map {
        path in
        simulationTime.measure {
            Result { () throws(RecordedStreamError) -> RunningGuest in
                let stream = try RecordedStream(StreamFile(path: path))
                let trace = try GuestTrace(stream, spans: try spans(of: stream))
                let tileCount = setting("SIMULATED_XEN_TILES", default: 1)
                return RunningGuest(
                    trace,
                    timeScale: max(setting("SIMULATED_XEN_TIME_SCALE", default: 1.0), 0),
                    tiling: try GuestTiling(trace, count: tileCount),
                    countingIn: simulationTime
                )
            }
        }
    }

    private static func spans(
        of stream: RecordedStream
    ) throws(RecordedStreamError) -> [Double] {
        guard let path = path("SIMULATED_XEN_ROUND_TIMES") else {
            let byteRate = max(setting("SIMULATED_XEN_RECORDING_RATE", default: 4.5e6), 1)
            return RoundTimes.spans(of: stream, byteRate: byteRate)
        }
        let text = String(decoding: try StreamFile(path: path).bytes, as: UTF8.self)
        guard let spans = RoundTimes.spans(in: text, roundCount: stream.roundCount) else {
            throw .badRoundTimes(path: path, roundCount: stream.roundCount)
        }
        return spans
    }

    private static let suspension = Atomic(false)

    static var isSuspended: Bool {
        get { suspension.load(ordering: .relaxed) }
        set { suspension.store(newValue, ordering: .relaxed) }
    }

    static var pageCount: Int {
        if case .success(let guest) = guest { return guest.tiling.memoryPageCount }
        return setting("SIMULATED_XEN_PAGE_COUNT", default: 16384)
    }

    /// Where libxl's UUID of the guest is: 32 hexadecimal digits, and hyphens.
    static var uuid: [UInt8] {
        let digits = (path("SIMULATED_XEN_UUID") ?? "").compactMap(\.hexDigitValue)
        guard digits.count == 32 else { return Array(repeating: 0, count: 16) }
        return (0..<16).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }
}

/// The time of the clock that events are stamped with, in seconds.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
