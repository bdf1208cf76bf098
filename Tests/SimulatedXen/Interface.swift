public import CXenGuest
internal import Glibc

// A stand-in for libxenctrl and libxenguest, so that the helpers run unmodified without Xen. The
// functions have the names and types of Xen 4.17's headers. docs/simulated-xen.md says what is
// simulated, and what to set in the environment.

/// An open interface: it only knows whom to tell.
final class Interface {
    private let logger: UnsafeMutablePointer<xentoollog_logger>?

    init(_ logger: UnsafeMutablePointer<xentoollog_logger>?) {
        self.logger = logger
    }

    func log(_ level: xentoollog_level, _ text: String, errorNumber: Int32 = -1) {
        guard let logger else { return }
        text.withCString { text in
            withVaList([text]) {
                logger.pointee.vmessage(logger, level, errorNumber, "xc", "%s", $0)
            }
        }
    }

    func progress(_ doing: String, _ done: Int, _ total: Int) {
        let percent = total == 0 ? 100 : Int32(done * 100 / total)
        logger?.pointee.progress(logger, "xc", doing, percent, UInt(done), UInt(total))
    }

    static func from(_ pointer: OpaquePointer) -> Interface {
        Unmanaged<Interface>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }
}

/// Stands in for the function of Xen with this name.
@_cdecl("xc_interface_open")
public func openInterface(
    _ logger: UnsafeMutablePointer<xentoollog_logger>?,
    _ domainBuilderLogger: UnsafeMutablePointer<xentoollog_logger>?,
    _ flags: UInt32
) -> OpaquePointer? {
    OpaquePointer(Unmanaged.passRetained(Interface(logger)).toOpaque())
}

/// Stands in for the function of Xen with this name.
@_cdecl("xc_interface_close")
public func closeInterface(_ pointer: OpaquePointer) -> Int32 {
    Unmanaged<Interface>.fromOpaque(UnsafeRawPointer(pointer)).release()
    return 0
}

/// Stands in for the function of Xen with this name.
@_cdecl("xc_domain_getinfo")
public func getDomainInfo(
    _ pointer: OpaquePointer,
    _ firstDomid: UInt32,
    _ count: UInt32,
    _ info: UnsafeMutablePointer<xc_dominfo_t>
) -> Int32 {
    info.pointee = xc_dominfo_t()
    info.pointee.domid = firstDomid
    info.pointee.nr_pages = UInt(Domain.pageCount)
    if Domain.isSuspended {
        info.pointee.shutdown = 1
        info.pointee.shutdown_reason = UInt32(SHUTDOWN_suspend)
    }
    let uuid = Domain.uuid
    withUnsafeMutableBytes(of: &info.pointee.handle) { $0.copyBytes(from: uuid) }
    return 1
}
