import Glibc
import ReportSupport

/// One method through one link.
struct LinkMeasurement {
    let method: Method
    let byteCount: Int
    /// From the start of the encoder until the last byte was through.
    let process: ProcessMeasurement
}

/// A link, and what is sent through it.
struct LinkScenario {
    let link: Link
    let methods: [Method]

    /// How long it takes to send a stream through it.
    let pace: Pace

    enum Pace {
        case fast
        /// A quick report does without.
        case slow
        /// Once must do.
        case verySlow
    }

    /// Sends a stream with each method, in turn, and takes the medians.
    func run(
        _ stream: StreamFile,
        repetitionCount: Int,
        work: WorkFolder
    ) throws -> [LinkMeasurement] {
        var runs = [[(byteCount: Int, process: ProcessMeasurement)]](
            repeating: [],
            count: methods.count
        )
        for _ in 0..<(pace == .verySlow ? 1 : repetitionCount) {
            for (index, method) in methods.enumerated().shuffled() {
                runs[index].append(try send(stream, with: method, work))
            }
        }
        return zip(methods, runs).map { method, runs in
            LinkMeasurement(
                method: method,
                byteCount: Int(runs.map { Double($0.byteCount) }.median),
                process: runs.map(\.process).median
            )
        }
    }

    private func send(
        _ stream: StreamFile,
        with method: Method,
        _ work: WorkFolder
    ) throws -> (byteCount: Int, process: ProcessMeasurement) {
        try bringIntoPageCache(stream.path)
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ReportError.cannotRead(errorNumber: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process: RunningProcess
        do {
            // The reader sees the end only if the encoder alone holds the other end.
            defer { close(ends[1]) }
            process = try RunningProcess(
                method.encode + [stream.path],
                descriptors: [STDOUT_FILENO: ends[1]],
                errorPath: work.path("standard-error")
            )
        }
        let byteCount = try ThrottledReader(link: link).drain(ends[0])
        return (byteCount, try process.finish())
    }
}
