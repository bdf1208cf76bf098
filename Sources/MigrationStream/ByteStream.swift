internal import Glibc

/// Where a stream's bytes come from.
public protocol ByteSource: SendableMetatype {
    /// Gives the next bytes of the stream.
    ///
    /// - Parameters:
    ///   - byteCount: How many are wanted.
    ///   - scratch: Where a source that does not hold them in memory puts them; at least as large.
    /// - Returns: The bytes, in `scratch` or in memory of the source, valid until the next call at
    ///   least (see `keepsContent`); fewer than wanted only at the end of the stream.
    /// - Throws: What the transport reports.
    mutating func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer

    /// Whether bytes stay valid when more are asked for, while their scratch is not used again: then
    /// several threads may use what was read before.
    var keepsContent: Bool { get }

    /// Whether all bytes lie in memory of the source, never in scratch, and stay as they are as long
    /// as the source lives: then nobody needs a copy.
    var holdsContent: Bool { get }

    /// Memory of the source that was used some time ago, if it is worth giving back.
    mutating func claimIdleMemory() -> IdleMemory?
}

/// Memory of a source that is of no use for now; it comes back when it is used.
public struct IdleMemory {
    private let bytes: UnsafeRawBufferPointer

    /// Memory of a mapped file.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Gives it back to the system, which may be done beside any use of it.
    func giveBack() {
        madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
    }
}

extension ByteSource {
    /// None is.
    public mutating func claimIdleMemory() -> IdleMemory? { nil }

    /// They do not.
    public var keepsContent: Bool { false }

    /// They do not.
    public var holdsContent: Bool { false }
}

/// Where a stream's bytes go.
public protocol ByteSink: SendableMetatype {
    /// Writes all pieces, in order; none of them is kept.
    ///
    /// - Throws: What the transport reports.
    mutating func write(_ pieces: [UnsafeRawBufferPointer]) throws

    /// How much may lie between a write and a link that is slower: what was written faster than that
    /// says nothing of the link. None if the sink cannot tell.
    var bufferByteCount: Int? { get }

    /// Whether the bytes are kept rather than carried away: then fewer are better however fast they
    /// are taken.
    var keepsBytes: Bool { get }
}

extension ByteSink {
    /// The sink cannot tell.
    public var bufferByteCount: Int? { nil }

    /// It does not.
    public var keepsBytes: Bool { false }
}

extension ByteSource {
    /// Gives exactly as many bytes as wanted, or throws `StreamError.endsEarly`.
    mutating func nextExactly(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer,
        of part: StreamPart
    ) throws -> UnsafeRawBufferPointer {
        let bytes = try next(byteCount, scratch: scratch)
        guard bytes.count == byteCount else {
            throw StreamError.endsEarly(
                part: part,
                neededByteCount: byteCount,
                foundByteCount: bytes.count
            )
        }
        return bytes
    }

    /// Copies the next bytes into a buffer, or throws `StreamError.endsEarly`.
    mutating func copyNext(
        into buffer: UnsafeMutableRawBufferPointer,
        of part: StreamPart
    ) throws {
        let bytes = try nextExactly(buffer.count, scratch: buffer, of: part)
        if bytes.baseAddress != UnsafeRawPointer(buffer.baseAddress) {
            buffer.copyMemory(from: bytes)
        }
    }
}
