import Glibc
import ReportSupport

/// A file in memory, all of it present.
final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReportError.cannotOpen(path) }
        defer { close(descriptor) }
        let byteCount = try WorkFolder.byteCount(ofFile: path)
        let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0)
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
