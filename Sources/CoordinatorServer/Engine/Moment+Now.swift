internal import Coordination
internal import Glibc

extension Moment {
    /// What the clocks of this host say; its monotonic one also counts while the host sleeps.
    static var now: Moment {
        Moment(seconds: seconds(of: CLOCK_BOOTTIME), time: seconds(of: CLOCK_REALTIME))
    }

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
