internal import CXenShim

/// A process that takes the guest out of log-dirty mode should this one be killed.
///
/// It lives as long as this value; a process that ends without the value's `deinit` counts as
/// killed.
struct LogdirtyGuard: ~Copyable {
    private let descriptor: Int32

    init(domid: UInt32) {
        descriptor = xenshim_start_guard(domid)
    }

    /// Whether the process could be started; if not, `errno` tells why.
    var isRunning: Bool { descriptor >= 0 }

    deinit {
        if descriptor >= 0 { xenshim_dismiss_guard(descriptor) }
    }
}
