public import CXenGuest
internal import Glibc

// A stand-in for libxenctrl and libxenguest, so that the helpers run unmodified without Xen: the
// guest is a recorded stream. The functions have the names and types of Xen 4.17's headers.
//
//   SIMULATED_XEN_STREAM              what `xc_domain_save` writes: the path of a libxc stream
//   SIMULATED_XEN_OUTPUT              where `xc_domain_restore` writes the stream that it read
//   SIMULATED_XEN_PAGE_COUNT          how many pages the domain has
//   SIMULATED_XEN_LOGDIRTY            a file that exists while the domain is in log-dirty mode
//   SIMULATED_XEN_BATCH_MICROSECONDS  how long `xc_domain_save` sleeps after each page batch

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

/// A number from the environment.
func setting(_ name: String, default value: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? value
}

/// A path from the environment.
func path(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
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
    info.pointee.nr_pages = UInt(setting("SIMULATED_XEN_PAGE_COUNT", default: 16384))
    return 1
}

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
