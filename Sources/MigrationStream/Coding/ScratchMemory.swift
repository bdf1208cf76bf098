internal import PageCodec

/// Memory without content; the system gives it when it is used first.
final class ScratchMemory {
    private let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: PageFormat.pageByteCount)
    }

    deinit { bytes.deallocate() }

    /// The first bytes of it.
    func prefix(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(byteCount))
    }
}
