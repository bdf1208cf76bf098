public import MigrationStream

/// A stream that comes from memory.
///
/// SAFETY: the threads of an encoder or decoder read in turns, which order all accesses; tests look
/// in between only when nobody reads.
public final class MemorySource: ByteSource, @unchecked Sendable {
    /// How many bytes were read.
    public private(set) var readByteCount = 0

    /// What it says of itself.
    public let keepsContent: Bool

    private let bytes: [UInt8]

    /// A stream of these bytes.
    public init(_ bytes: [UInt8], keepsContent: Bool = true) {
        self.bytes = bytes
        self.keepsContent = keepsContent
    }

    /// Copies what is left, at most as much as wanted.
    public func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let byteCount = min(byteCount, bytes.count - readByteCount)
        let wanted = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(byteCount))
        wanted.copyBytes(from: bytes[readByteCount..<readByteCount + byteCount])
        readByteCount += byteCount
        return UnsafeRawBufferPointer(wanted)
    }
}

/// A stream that lies in memory as long as it is read, as a mapped file does.
public final class HeldSource: ByteSource {
    /// It does.
    public let keepsContent = true
    /// It does.
    public let holdsContent = true

    private let bytes: UnsafeMutableRawBufferPointer
    private var offset = 0

    /// A stream of these bytes.
    public init(_ bytes: [UInt8]) {
        self.bytes = .allocate(byteCount: bytes.count, alignment: 1)
        self.bytes.copyBytes(from: bytes)
    }

    deinit { bytes.deallocate() }

    /// The place of what is left, at most as much as wanted.
    public func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let end = min(offset + byteCount, bytes.count)
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }
}

/// A stream that goes to memory.
///
/// SAFETY: the threads of an encoder or decoder write in turns, which order all accesses; tests look
/// in between only when nobody writes.
public final class MemorySink: ByteSink, @unchecked Sendable {
    /// What was written.
    public private(set) var bytes: [UInt8] = []

    /// A stream of nothing.
    public init() {}

    /// Appends all pieces.
    public func write(_ pieces: [UnsafeRawBufferPointer]) {
        for piece in pieces { bytes.append(contentsOf: piece) }
    }
}
