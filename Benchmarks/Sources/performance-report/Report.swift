/// Everything that was measured.
struct Report {
    /// What was measured over one stream.
    struct Stream {
        let file: StreamFile
        let methods: [StreamMeasurement]
        let copies: [MemoryCopy]
        let threads: [ThreadMeasurement]
        let links: [(scenario: LinkScenario, results: [LinkMeasurement])]
    }

    let machine: Machine
    let repetitionCount: Int
    let kernelRoundCount: Int
    let streams: [Stream]
    let kernels: KernelResults
}
