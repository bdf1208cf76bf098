/// What one migration took.
struct MigrationMeasurement: Sendable {
    /// From the start of `xc_domain_save` until the restore helper had ended.
    var totalSeconds: Double
    /// From the save helper's wish to suspend the guest until the restore helper had ended.
    var pauseSeconds: Double
    /// Bytes that came out of the link.
    var byteCount: Int
    /// Passes over pages, the one of the paused guest included.
    var roundCount: Int
    /// User and system time of the save helper without its guest, and of the compressor beside it.
    var sourceCPUSeconds: Double
    /// What the simulated guest took in the save helper, by its own account.
    var simulationCPUSeconds: Double
    /// User and system time of the restore helper, and of the decompressor beside it.
    var targetCPUSeconds: Double
    /// The largest resident set of the save helper.
    var sourceMemoryByteCount: Int
    /// The largest resident set of the restore helper.
    var targetMemoryByteCount: Int

    static let columns = [
        "total_s", "pause_s", "bytes", "rounds", "source_cpu_s", "simulation_cpu_s",
        "target_cpu_s", "source_memory_bytes", "target_memory_bytes",
    ]

    /// The values in the order of the columns.
    var cells: [String] {
        [
            "\(totalSeconds)", "\(pauseSeconds)", "\(byteCount)", "\(roundCount)",
            "\(sourceCPUSeconds)", "\(simulationCPUSeconds)", "\(targetCPUSeconds)",
            "\(sourceMemoryByteCount)", "\(targetMemoryByteCount)",
        ]
    }
}

extension MigrationMeasurement {
    /// Reads the values in the order of the columns; nothing if they are not such values.
    init?(cells: [Substring]) {
        guard
            cells.count == Self.columns.count, let totalSeconds = Double(cells[0]),
            let pauseSeconds = Double(cells[1]), let byteCount = Int(cells[2]),
            let roundCount = Int(cells[3]), let sourceCPUSeconds = Double(cells[4]),
            let simulationCPUSeconds = Double(cells[5]), let targetCPUSeconds = Double(cells[6]),
            let sourceMemoryByteCount = Int(cells[7]), let targetMemoryByteCount = Int(cells[8])
        else { return nil }
        self.init(
            totalSeconds: totalSeconds,
            pauseSeconds: pauseSeconds,
            byteCount: byteCount,
            roundCount: roundCount,
            sourceCPUSeconds: sourceCPUSeconds,
            simulationCPUSeconds: simulationCPUSeconds,
            targetCPUSeconds: targetCPUSeconds,
            sourceMemoryByteCount: sourceMemoryByteCount,
            targetMemoryByteCount: targetMemoryByteCount
        )
    }
}
