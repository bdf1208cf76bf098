internal import Glibc
internal import ReportSupport

/// A pipe that no child inherits by accident; each end is closed unless it was taken.
public final class PipeEnds {
    /// Negative once it was taken.
    public private(set) var readEnd: Int32
    /// Negative once it was taken or closed.
    public private(set) var writeEnd: Int32

    /// Opens a pipe.
    ///
    /// - Throws: `ReportError` if there is none.
    public init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ReportError.cannotRead(errorNumber: errno) }
        defer { for end in ends { close(end) } }
        // Above what they may become in a child.
        readEnd = fcntl(ends[0], F_DUPFD_CLOEXEC, Self.numberMinimum)
        writeEnd = fcntl(ends[1], F_DUPFD_CLOEXEC, Self.numberMinimum)
    }

    private static let numberMinimum: Int32 = 100

    deinit {
        for end in [readEnd, writeEnd] where end >= 0 { close(end) }
    }

    /// Lets the reader see the end.
    public func closeWriteEnd() {
        if writeEnd >= 0 { close(takeWriteEnd()) }
    }

    /// Leaves it to the caller to close it.
    public func takeReadEnd() -> Int32 {
        defer { readEnd = -1 }
        return readEnd
    }

    /// Leaves it to the caller to close it.
    public func takeWriteEnd() -> Int32 {
        defer { writeEnd = -1 }
        return writeEnd
    }
}
