internal import CXenShim
internal import Glibc
internal import PosixIO

/// A stream between libxenguest and a thread of this process, which the kernel never sees.
enum MemoryStream {
    /// Makes libxenguest write to a ring, or read from it.
    ///
    /// - Parameter ring: It lives as long as the process; there is only one.
    /// - Returns: The descriptor that libxenguest takes for the stream.
    /// - Throws: `MemoryStreamError`, or `SystemError` if there is no descriptor left.
    static func open(_ ring: StreamRing) throws -> Int32 {
        var functions = xenshim_stream(
            context: Unmanaged.passRetained(ring).toOpaque(),
            read: { context, start, byteCount in
                let buffer = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
                return streamRing(context).read(into: buffer) == byteCount ? 1 : 0
            },
            write: { context, vectors, count in
                let pieces = UnsafeBufferPointer(start: vectors, count: Int(count)).map {
                    UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len)
                }
                do throws(SystemError) {
                    try streamRing(context).write(pieces)
                    return 0
                } catch {
                    return error.errorNumber
                }
            }
        )
        let descriptor = xenshim_open_stream(&functions)
        guard descriptor >= 0 else {
            if errno == ENOSYS { throw MemoryStreamError() }
            throw SystemError("reserve a descriptor", errorNumber: errno)
        }
        return descriptor
    }
}

private func streamRing(_ context: UnsafeMutableRawPointer?) -> StreamRing {
    // SAFETY: C gives back the context, which is never released.
    Unmanaged<StreamRing>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
}

/// This program was linked so that libxenguest does not call its functions.
struct MemoryStreamError: Error, CustomStringConvertible {
    var description: String {
        """
        libxenguest does not find read_exact, write_exact and writev_exact in this program: it was \
        built wrongly; CLOUDNET_STREAM=stock saves without them, and Xen's own helper restores
        """
    }
}
