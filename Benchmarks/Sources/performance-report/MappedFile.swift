import Glibc
import ReportSupport

/// A file in memory.
final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    /// Maps a file, all of it at once or, if it is not to be present yet, as it is used.
    init(_ path: String, isPresent: Bool = true) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReportError.cannotOpen(path) }
        defer { close(descriptor) }
        let byteCount = try WorkFolder.byteCount(ofFile: path)
        let flags = MAP_PRIVATE | (isPresent ? MAP_POPULATE : 0)
        let start = mmap(nil, byteCount, PROT_READ, flags, descriptor, 0)
        guard let start, start != MAP_FAILED else { throw ReportError.cannotOpen(path) }
        bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
    }

    /// Whether both files have the same content.
    func hasSameBytes(as other: MappedFile) -> Bool {
        guard
            bytes.count == other.bytes.count,
            let start = bytes.baseAddress, let otherStart = other.bytes.baseAddress
        else { return false }
        return memcmp(start, otherStart, bytes.count) == 0
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
