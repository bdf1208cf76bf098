internal import Glibc
internal import SimulatedGuest
internal import Synchronization

/// The one guest of this host, if the environment names a trace for it.
enum Domain {
    /// The guest, paused at time 0, or what is wrong with its trace; `nil` without a trace.
    static let guest: Result<RunningGuest, RecordedStreamError>? = path("SIMULATED_XEN_TRACE").map {
        path in
        Result { () throws(RecordedStreamError) -> RunningGuest in
            let trace = try GuestTrace(
                RecordedStream(StreamFile(path: path)),
                recordingRate: max(setting("SIMULATED_XEN_RECORDING_RATE", default: 4.5e6), 1)
            )
            let timeScale = max(setting("SIMULATED_XEN_TIME_SCALE", default: 1.0), 0)
            return RunningGuest(trace, timeScale: timeScale)
        }
    }

    private static let suspension = Atomic(false)

    static var isSuspended: Bool {
        get { suspension.load(ordering: .relaxed) }
        set { suspension.store(newValue, ordering: .relaxed) }
    }

    static var pageCount: Int {
        if case .success(let guest) = guest { return guest.trace.memoryPageCount }
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
