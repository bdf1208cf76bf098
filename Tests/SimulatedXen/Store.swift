internal import Glibc

// A stand-in for libxenstore: what xenstore holds at a path is in the file of that path below the
// folder `SIMULATED_XEN_STORE`.

/// Stands in for the function of Xen with this name; without a folder there is no xenstore.
@_cdecl("xs_open")
public func openStore(_ flags: UInt) -> OpaquePointer? {
    guard let folder = getenv("SIMULATED_XEN_STORE") else {
        errno = ENOENT
        return nil
    }
    return OpaquePointer(strdup(folder))
}

/// Stands in for the function of Xen with this name.
@_cdecl("xs_close")
public func closeStore(_ store: OpaquePointer?) {
    free(UnsafeMutableRawPointer(store))
}

/// Stands in for the function of Xen with this name; the caller frees what it gives, which ends with
/// a NUL that does not count.
@_cdecl("xs_read")
public func readStore(
    _ store: OpaquePointer,
    _ transaction: UInt32,
    _ path: UnsafePointer<CChar>,
    _ byteCount: UnsafeMutablePointer<UInt32>?
) -> UnsafeMutableRawPointer? {
    let folder = String(cString: UnsafePointer<CChar>(store))
    guard let file = fopen(folder + String(cString: path), "r") else { return nil }
    defer { fclose(file) }
    // xenstore's own limit for a value.
    let capacity = 4096
    guard let content = calloc(1, capacity + 1) else { return nil }
    byteCount?.pointee = UInt32(fread(content, 1, capacity, file))
    return content
}
