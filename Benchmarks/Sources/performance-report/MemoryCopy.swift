import Glibc
import ReportSupport

/// The least that any method must do: to go through the bytes of a stream once.
struct MemoryCopy {
    /// What the bytes are copied from and to; the raw value is for the report.
    enum Kind: String, CaseIterable {
        case touched = "memcpy from the mapped file to memory of the same size that was in use"
        case fresh = "memcpy from the mapped file to fresh memory of the same size"
        case reused = "memcpy from the mapped file to 4 MiB that are used again"
        case mapped = "the same, and mapping the file and unmapping it"
        case read = "read from the file into 4 MiB that are used again"
    }

    let kind: Kind
    let seconds: Double
}

/// Copies a stream in each way, in turn, within this process.
func measureMemoryCopies(of stream: StreamFile, repetitionCount: Int) throws -> [MemoryCopy] {
    let file = try MappedFile(stream.path)
    var seconds: [MemoryCopy.Kind: [Double]] = [:]
    for _ in 0..<repetitionCount {
        for kind in MemoryCopy.Kind.allCases.shuffled() {
            let copy = try copy(file, stream.path, kind)
            seconds[kind, default: []].append(copy / .seconds(1))
        }
    }
    return MemoryCopy.Kind.allCases.map {
        MemoryCopy(kind: $0, seconds: seconds[$0, default: []].median)
    }
}

private let windowByteCount = 4 << 20

private func copy(_ file: MappedFile, _ path: String, _ kind: MemoryCopy.Kind) throws -> Duration {
    let targetByteCount =
        kind == .fresh || kind == .touched ? file.bytes.count : windowByteCount
    let mapping = mmap(
        nil,
        targetByteCount,
        PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS,
        -1,
        0
    )
    guard let target = mapping, target != MAP_FAILED else { throw ReportError.cannotOpen(path) }
    defer { munmap(target, targetByteCount) }
    if kind == .touched { memset(target, 1, targetByteCount) }
    try bringIntoPageCache(path)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ReportError.cannotOpen(path) }
    defer { close(descriptor) }
    let targetBytes = UnsafeMutableRawBufferPointer(start: target, count: targetByteCount)
    return try ContinuousClock().measure {
        switch kind {
        case .fresh, .touched:
            targetBytes.copyMemory(from: file.bytes)
        case .reused:
            copyWindows(of: file.bytes, to: targetBytes)
        case .mapped:
            let mapped = try MappedFile(path, isPresent: false)
            withExtendedLifetime(mapped) { copyWindows(of: mapped.bytes, to: targetBytes) }
        case .read:
            while read(descriptor, target, windowByteCount) > 0 {}
        }
    }
}

/// Copies the bytes to the target, over and over.
private func copyWindows(
    of bytes: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawBufferPointer
) {
    var rest = bytes[...]
    while !rest.isEmpty {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(target.count)))
        rest = rest.dropFirst(target.count)
    }
}
