internal import Glibc

/// A pipe between two threads of this process.
public struct Pipe: Sendable {
    /// The end to read from.
    public let readEnd: Int32
    /// The end to write to.
    public let writeEnd: Int32

    /// Enough for a quarter of a page batch; the kernel may give less.
    private static let byteCount: Int32 = 1 << 20

    /// Opens a pipe.
    ///
    /// - Throws: `SystemError`.
    public init() throws {
        var ends: [Int32] = [-1, -1]
        try retryingOnInterrupt("open a pipe") { pipe(&ends) }
        readEnd = ends[0]
        writeEnd = ends[1]
        // Fewer switches between the two threads; only a hint, so its result does not matter.
        setPipeSize(ends[1], Self.byteCount)
    }

    /// Closes one end.
    public static func close(_ end: Int32) {
        Glibc.close(end)
    }
}

private func setPipeSize(_ descriptor: Int32, _ byteCount: Int32) {
    // F_SETPIPE_SZ, a Linux extension that Glibc's module does not export.
    let setPipeSizeCommand: Int32 = 1031
    _ = fcntl(descriptor, setPipeSizeCommand, byteCount)
}
