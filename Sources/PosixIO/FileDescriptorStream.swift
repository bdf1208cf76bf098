internal import Glibc
public import MigrationStream

/// Reads a file, pipe or socket; the descriptor stays open.
public struct FileDescriptorSource: ByteSource {
    private let descriptor: Int32
    private let name: String

    /// Wraps a descriptor; `name` says in messages what it is.
    public init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// What was read is the caller's.
    public var keepsContent: Bool { true }

    /// Reads until the buffer is full or the stream ends.
    ///
    /// - Throws: `SystemError`.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try retryingOnInterrupt("read \(name)") {
                Glibc.read(descriptor, rest.baseAddress, rest.count)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads the next bytes into `scratch`.
    ///
    /// - Throws: `SystemError`.
    public mutating func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer {
        let wanted = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(byteCount))
        return UnsafeRawBufferPointer(rebasing: wanted.prefix(try read(into: wanted)))
    }
}

/// Writes a file, pipe or socket; the descriptor stays open.
public struct FileDescriptorSink: ByteSink {
    private let descriptor: Int32
    private let name: String

    /// Wraps a descriptor; `name` says in messages what it is.
    public init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Writes all pieces with as few calls as the system allows.
    ///
    /// - Throws: `SystemError`.
    public mutating func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        var vectors: [iovec] = []
        vectors.reserveCapacity(pieces.count)
        for piece in pieces where !piece.isEmpty {
            let start = UnsafeMutableRawPointer(mutating: piece.baseAddress)
            vectors.append(iovec(iov_base: start, iov_len: piece.count))
        }
        var first = 0
        while first < vectors.count {
            var written = try vectors[first...].withUnsafeBufferPointer { rest in
                try retryingOnInterrupt("write \(name)") {
                    writev(descriptor, rest.baseAddress, Int32(min(rest.count, Self.piecesMaximum)))
                }
            }
            while first < vectors.count, written >= vectors[first].iov_len {
                written -= vectors[first].iov_len
                first += 1
            }
            if written > 0 {
                vectors[first].iov_base += written
                vectors[first].iov_len -= written
            }
        }
    }

    /// The buffer of a pipe or socket, as the system knows it; nothing for what is no link at all.
    ///
    /// A program behind a pipe, such as ssh, may have buffers of its own.
    public var bufferByteCount: Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFIFO:
            let byteCount = fcntl(descriptor, Self.getPipeSize)
            return byteCount > 0 ? Int(byteCount) : nil
        case S_IFSOCK:
            var byteCount: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            let result = getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &byteCount, &length)
            return result == 0 ? Int(byteCount) : nil
        default:
            return 0
        }
    }

    /// What a pipe or socket has taken, but its reader, or the other host, has not.
    ///
    /// Nothing for what is no link, and for a link that nobody reads any more.
    public var queuedByteCount: Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return 0 }
        let isSocket = status.st_mode & S_IFMT == S_IFSOCK
        guard isSocket || status.st_mode & S_IFMT == S_IFIFO else { return 0 }
        var byteCount: Int32 = 0
        let request = isSocket ? Self.queueOfSocket : Self.contentOfPipe
        guard !isBroken, ioctl(descriptor, request, &byteCount) == 0 else { return 0 }
        return Int(byteCount)
    }

    /// Whether nobody reads the pipe or socket any more: the next write would fail.
    public var isBroken: Bool {
        var state = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&state, 1, 0) < 0 || state.revents & Int16(POLLERR | POLLHUP) != 0
    }

    /// Whether it is a file.
    public var keepsBytes: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Linux's `SIOCOUTQ` and `FIONREAD`, which are macros.
    private static let queueOfSocket = UInt(0x5411)
    private static let contentOfPipe = UInt(0x541b)

    /// Linux's `IOV_MAX`: the most pieces that one call takes.
    private static let piecesMaximum = 1024

    /// Linux's `F_GETPIPE_SZ`, which Swift's Glibc lacks.
    private static let getPipeSize: Int32 = 1032
}
