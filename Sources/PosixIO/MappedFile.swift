internal import Glibc
public import MigrationStream

/// A regular file as a source that holds its bytes: mapped, so that nothing is copied.
///
/// A file that shrinks while it is read raises SIGBUS, as with any mapping: a program that uses this
/// must expect it.
public final class MappedFile: ByteSource {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var releasedByteCount = 0
    private var sweptByteCount = 0

    /// How much of the mapping stays resident behind the reader, where other threads may be.
    private static let residentByteCount = 8 << 20

    /// How much is released at once.
    private static let releaseStep = 8 << 20

    /// How often all of it is released again.
    ///
    /// What was used once more came back with its neighbours, which are many if the system holds the
    /// file in large pieces. Rarer in long files, where it takes longer.
    private static let sweepStepMinimum = 16 << 20
    private static let sweepCountPerLength = 16

    /// Maps a whole file from its start; `nil` if the descriptor cannot be mapped or is not at
    /// the start.
    public init?(_ descriptor: Int32) {
        var status = stat()
        guard
            fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            lseek(descriptor, 0, SEEK_CUR) == 0
        else { return nil }
        let byteCount = Int(status.st_size)
        let mapping = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let mapping, mapping != MAP_FAILED else { return nil }
        madvise(mapping, byteCount, MADV_SEQUENTIAL)
        bytes = UnsafeRawBufferPointer(start: mapping, count: byteCount)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// The mapping stays, and what it no longer holds in memory comes back when it is used.
    public var keepsContent: Bool { true }

    /// It does.
    public var holdsContent: Bool { true }

    /// The next bytes of the file, in the mapping.
    public func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let end = min(offset + byteCount, bytes.count)
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }

    /// What was read some time ago, so that the process stays as small as it would be without a
    /// mapping.
    public func claimIdleMemory() -> IdleMemory? {
        let step = Self.releaseStep
        guard offset - releasedByteCount >= Self.residentByteCount + step else { return nil }
        let end = releasedByteCount + step
        var start = releasedByteCount
        releasedByteCount = end
        if end - sweptByteCount >= max(Self.sweepStepMinimum, end / Self.sweepCountPerLength) {
            sweptByteCount = end
            start = 0
        }
        return IdleMemory(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
}
