internal import Glibc

/// A file, mapped into memory until the process ends: pointers into it never dangle.
public struct StreamFile: Sendable {
    // SAFETY: nobody writes to the mapping, and nobody unmaps it.
    nonisolated(unsafe) private let mapping: UnsafeRawBufferPointer

    /// The content of the file.
    public var bytes: UnsafeRawBufferPointer { mapping }

    /// Maps a file.
    ///
    /// - Throws: `RecordedStreamError.cannotMap` if it is missing or empty.
    public init(path: String) throws(RecordedStreamError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .cannotMap(path: path, errorNumber: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        let byteCount = Int(status.st_size)
        let start =
            isKnown ? mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED
        guard start != MAP_FAILED else {
            throw .cannotMap(path: path, errorNumber: errno)
        }
        mapping = UnsafeRawBufferPointer(start: start, count: byteCount)
    }

    /// Gives back the memory of what was looked at, as libxenguest unmaps the pages of a batch.
    public func forget() {
        madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
    }
}
