public import MigrationStream

/// A stream that comes from memory.
public final class MemorySource: ByteSource {
    /// How many bytes were read.
    public private(set) var readByteCount = 0

    private let bytes: [UInt8]

    /// A stream of these bytes.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
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

/// A stream that goes to memory.
public final class MemorySink: ByteSink {
    /// What was written.
    public private(set) var bytes: [UInt8] = []

    /// A stream of nothing.
    public init() {}

    /// Appends all pieces.
    public func write(_ pieces: [UnsafeRawBufferPointer]) {
        for piece in pieces { bytes.append(contentsOf: piece) }
    }
}
