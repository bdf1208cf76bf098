internal import Glibc

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
        guard let file = fopen("/proc/meminfo", "r") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 4096)
        let byteCount = fread(&text, 1, text.count, file)
        let lines = String(decoding: text.prefix(byteCount), as: UTF8.self).split(separator: "\n")
        for line in lines where line.hasPrefix("MemAvailable:") {
            let kibibytes = line.split(separator: " ").lazy.compactMap { Int($0) }.first
            return kibibytes.map { $0 << 10 }
        }
        return nil
    }
}
