import ReportSupport

/// Everything that was measured.
struct Report {
    /// What was measured over one stream.
    struct Stream {
        let file: StreamFile
        let onOneCore: [StreamMeasurement]
        let onAllCores: [StreamMeasurement]
        let copies: [MemoryCopy]
        let links: [(scenario: LinkScenario, results: [LinkMeasurement])]
    }

    let machine: Machine
    let repetitionCount: Int
    let kernelRoundCount: Int
    let streams: [Stream]
    let kernels: KernelResults
}
