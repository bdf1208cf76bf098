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
                    writev(descriptor, rest.baseAddress, Int32(rest.count))
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
}
