import Glibc
import ReportSupport

/// Reads a file to its end, so that it is in the page cache: there are systems that soon drop what
/// is not used.
func bringIntoPageCache(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ReportError.cannotOpen(path) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
}
