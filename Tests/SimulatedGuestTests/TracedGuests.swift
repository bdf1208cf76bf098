import Glibc
import SimulatedGuest
import TestSupport

/// Makes guests from streams in memory.
enum TracedGuests {
    /// The rate at which the rounds of these tests were recorded.
    static let recordingRate = 1e6

    static func stream(_ bytes: [UInt8]) throws -> RecordedStream {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = "\(folder)/cloudnet-trace-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Repository.write(bytes, toFile: path)
        defer { unlink(path) }
        return try RecordedStream(StreamFile(path: path))
    }

    static func trace(_ bytes: [UInt8]) throws -> GuestTrace {
        let stream = try stream(bytes)
        return try GuestTrace(
            stream,
            spans: RoundTimes.spans(of: stream, byteRate: recordingRate)
        )
    }

    static func guest(
        _ bytes: [UInt8],
        timeScale: Double = 1,
        tileCount: Int = 1
    ) throws -> RunningGuest {
        let trace = try trace(bytes)
        let tiling = try GuestTiling(trace, count: tileCount)
        return RunningGuest(trace, timeScale: timeScale, tiling: tiling)
    }

    /// Rounds of a guest whose pages are zero, text or noise, and change a little or wholly.
    static func rounds(
        count: Int,
        pageCount: Int = 200,
        _ generator: inout SeededGenerator
    ) -> [[GuestPage]] {
        var memory = (0..<pageCount).map { pfn -> GuestPage in
            if pfn % 29 == 7 { return .empty(UInt64(pfn), type: 15) }
            return GuestPage(UInt64(pfn), content(&generator))
        }
        var rounds = [memory]
        for _ in 1..<max(count, 1) {
            var round: [GuestPage] = []
            for pfn in memory.indices where Int.random(in: 0..<4, using: &generator) == 0 {
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    memory[pfn] = GuestPage(UInt64(pfn), content(&generator))
                } else if !memory[pfn].content.isEmpty {
                    let offset = Int.random(in: 0..<4096, using: &generator)
                    memory[pfn].content[offset] &+= 1
                }
                if !memory[pfn].content.isEmpty { round.append(memory[pfn]) }
            }
            rounds.append(round.isEmpty ? [memory[0]] : round)
        }
        return rounds
    }

    private static func content(_ generator: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: Content.zero
        case 1: Content.noise(generator.next())
        default:
            Array(
                String(repeating: "line \(generator.next() % 100)\n", count: 600).utf8.prefix(4096)
            )
        }
    }
}
