/// How much memory a page cache may take on this host.
public enum AvailableMemory {
    /// The kernel's `MemAvailable`, less a margin for everything else in dom0.
    ///
    /// - Returns: Bytes; a cautious guess if the kernel does not say.
    public static func byteCountForCache() -> Int {
        guard let available = memAvailableByteCount() else { return 256 << 20 }
        return max(available - marginByteCount, 0)
    }

    private static let marginByteCount = 64 << 20

    private static func memAvailableByteCount() -> Int? {
        ProcFile.value(after: "MemAvailable:", in: "/proc/meminfo")
            .flatMap { $0.split(separator: " ").first.flatMap { Int($0) } }
            .map { $0 << 10 }
    }
}
