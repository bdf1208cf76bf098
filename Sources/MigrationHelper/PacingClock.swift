internal import Glibc
internal import PosixIO

/// The time, for a stream that is sent no faster than a limit allows.
enum PacingClock {
    /// Seconds on a clock that never goes back.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Sleeps.
    ///
    /// - Throws: `SystemError`, if libxl has asked the helper to stop.
    static func sleepUnlessCancelled(seconds: Double) throws {
        var time = timespec(
            tv_sec: Int(seconds),
            tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9)
        )
        nanosleep(&time, nil)
        if Cancellation.isRequested {
            throw SystemError("write the migration stream", errorNumber: ECANCELED)
        }
    }
}
