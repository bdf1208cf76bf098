/// An encoder with a number of threads, on all cores.
struct ThreadMeasurement {
    let method: Method
    let process: ProcessMeasurement
}

/// Measures encoders over a stream on all cores, in turn.
func measureThreads(
    _ methods: [Method],
    over stream: StreamFile,
    repetitionCount: Int,
    work: WorkFolder
) throws -> [ThreadMeasurement] {
    var runs = [[ProcessMeasurement]](repeating: [], count: methods.count)
    for _ in 0..<repetitionCount {
        for (index, method) in methods.enumerated() {
            let arguments = method.encode + [stream.path]
            runs[index].append(try measure(arguments, isPinned: false, work: work))
        }
    }
    return zip(methods, runs).map { ThreadMeasurement(method: $0, process: $1.median) }
}
