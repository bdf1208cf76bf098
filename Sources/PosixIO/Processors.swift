/// The processors of this machine.
public enum Processors {
    /// How many of them this process may use; a dom0 is often confined to a few.
    ///
    /// - Returns: At least one; one if the kernel does not say.
    public static var usableCount: Int {
        let mask = ProcFile.value(after: "Cpus_allowed:", in: "/proc/self/status") ?? ""
        let count = mask.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
        return max(count, 1)
    }
}
