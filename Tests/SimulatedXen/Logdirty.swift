public import CXenGuest
internal import Glibc
internal import SimulatedGuest

/// Log-dirty mode of the one domain that there is.
enum Logdirty {
    static func start() {
        if let path = path("SIMULATED_XEN_LOGDIRTY") { close(open(path, O_CREAT, 0o600)) }
    }

    static func stop() {
        if let path = path("SIMULATED_XEN_LOGDIRTY") { unlink(path) }
    }
}

/// Stands in for the function of this name in Xen; only the operation that ends log-dirty mode is
/// simulated.
@_cdecl("xc_shadow_control")
public func controlShadow(
    _ pointer: OpaquePointer,
    _ domid: UInt32,
    _ operation: UInt32,
    _ allocation: UnsafeMutablePointer<UInt32>?,
    _ mode: UInt32
) -> Int32 {
    Logdirty.stop()
    return 0
}

/// Stands in for the function of this name in Xen: PEEK and CLEAN, with a bitmap or without.
///
/// A guest without a trace has no dirty pages.
@_cdecl("xc_logdirty_control")
public func controlLogdirty(
    _ pointer: OpaquePointer,
    _ domid: UInt32,
    _ operation: UInt32,
    _ bitmap: UnsafeMutablePointer<xc_hypercall_buffer_t>?,
    _ pageCount: UInt,
    _ mode: UInt32,
    _ statistics: UnsafeMutablePointer<xc_shadow_op_stats_t>?
) -> Int64 {
    guard operation == XEN_DOMCTL_SHADOW_OP_PEEK || operation == XEN_DOMCTL_SHADOW_OP_CLEAN else {
        errno = EINVAL
        return -1
    }
    statistics?.pointee = xc_shadow_op_stats_t()
    guard case .success(let guest) = Domain.guest else { return Int64(pageCount) }
    let now = monotonicSeconds()
    if operation == XEN_DOMCTL_SHADOW_OP_PEEK, bitmap == nil {
        statistics?.pointee.dirty_count = UInt32(guest.dirtyPageCount(at: now))
        return Int64(pageCount)
    }
    let isTaken = operation == XEN_DOMCTL_SHADOW_OP_CLEAN
    let dirty = isTaken ? guest.takeDirtyPages(at: now) : guest.dirtyPages(at: now)
    statistics?.pointee.dirty_count = UInt32(dirty.count)
    // A caller's own buffer stands behind the one that it passes on.
    if let bitmap, let buffer = (bitmap.pointee.param_shadow ?? bitmap).pointee.hbuf {
        let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: (Int(pageCount) + 7) / 8)
        dirty.words.withUnsafeBytes { words in
            for index in bytes.indices { bytes[index] = index < words.count ? words[index] : 0 }
        }
    }
    return Int64(pageCount)
}
