import Dispatch
import Glibc
import LibxlSide
import MigrationReport
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// The save helper's bandwidth limit, measured where the stream is read.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct BandwidthTests {
    /// What came out of a pipe, and when.
    private struct Arrivals: Sendable {
        var list: [(seconds: Double, byteCount: Int)] = []

        var byteCount: Int { list.reduce(0) { $0 + $1.byteCount } }
        var seconds: Double { (list.last?.seconds ?? 0) - (list.first?.seconds ?? 0) }

        /// How many bytes came in the spans of so many seconds that lie within all of it.
        func byteCounts(overSeconds span: Double) -> [Int] {
            guard let end = list.last?.seconds else { return [] }
            var counts: [Int] = []
            var (last, sum) = (0, 0)
            for first in list.indices {
                while last < list.count, list[last].seconds < list[first].seconds + span {
                    sum += list[last].byteCount
                    last += 1
                }
                if list[first].seconds + span > end { break }
                counts.append(sum)
                sum -= list[first].byteCount
            }
            return counts
        }

        /// Reads until all writers are gone.
        static func read(_ descriptor: Int32) async -> Arrivals {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    var arrivals = Arrivals()
                    var buffer = [UInt8](repeating: 0, count: 1 << 16)
                    while true {
                        let count = Glibc.read(descriptor, &buffer, buffer.count)
                        if count <= 0 { break }
                        arrivals.list.append((monotonicSeconds(), count))
                    }
                    continuation.resume(returning: arrivals)
                }
            }
        }
    }

    /// A guest of so many pages, three quarters of which are noise, that writes nothing.
    private func idleGuest(pageCount: Int) throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 1, pageCount: pageCount))
    }

    private func save(
        _ files: TracedFiles,
        flags: Int = 1,
        _ settings: [String: String],
        watching watch: @escaping @Sendable (ReceivedMessage) -> Void = { _ in }
    ) async throws -> (saved: Conversation, arrivals: Arrivals) {
        let pipe = try ClosingPipe()
        let save = try files.startSave(flags: flags, to: pipe.writeEnd, settings)
        pipe.closeWriteEnd()
        let readEnd = pipe.takeReadEnd()
        defer { close(readEnd) }
        async let arrivals = Arrivals.read(readEnd)
        let saved = await save.converse(watching: watch)
        return (saved, await arrivals)
    }

    @Test func theLimitHoldsOverAnyTwoSeconds() async throws {
        let files = try idleGuest(pageCount: 6000)
        let rate = 5_000_000
        let (saved, arrivals) = try await save(
            files,
            ["CLOUDNET_BANDWIDTH_LIMIT": "5M", "CLOUDNET_REPORT": files.report]
        )
        #expect(saved.completion == .success)
        let counts = arrivals.byteCounts(overSeconds: 2)
        let most = try #require(counts.max())
        #expect(Double(most) < 1.03 * 2 * Double(rate))
        // How near it comes depends on what else this machine does.
        #expect(Double(most) > 0.9 * 2 * Double(rate))
        #expect(try files.reportedMigrations().first?.start?.bandwidthLimit == rate)
        let least = counts.min() ?? 0
        print("bandwidth limit \(rate): \(least / 2) to \(most / 2) bytes per second over 2 s")
    }

    @Test func aStockStreamIsNotLimitedAndThatIsSaid() async throws {
        let files = try idleGuest(pageCount: 60)
        let (saved, _) = try await save(
            files,
            [
                "CLOUDNET_BANDWIDTH_LIMIT": "64k", "CLOUDNET_STREAM": "stock",
                "CLOUDNET_REPORT": files.report,
            ]
        )
        #expect(saved.completion == .success)
        #expect(saved.log.contains { $0.hasPrefix("bandwidth-limit holds for ") })
        let start = try #require(try files.reportedMigrations().first?.start)
        #expect(start.bandwidthLimit == nil)
    }

    // A paused guest is sent in one round, which is the final one.

    @Test func theFinalRoundIsNotLimited() async throws {
        let (saved, arrivals) = try await save(
            try idleGuest(pageCount: 600),
            flags: 0,
            ["CLOUDNET_BANDWIDTH_LIMIT": "64k"]
        )
        #expect(saved.completion == .success)
        // It would take half a minute.
        #expect(Double(arrivals.byteCount) > 2 * 64e3 * arrivals.seconds)
    }

    @Test func theFinalRoundIsLimitedIfTheOperatorWants() async throws {
        let (saved, arrivals) = try await save(
            try idleGuest(pageCount: 600),
            flags: 0,
            ["CLOUDNET_BANDWIDTH_LIMIT": "1M", "CLOUDNET_LIMIT_FINAL_ROUND": "yes"]
        )
        #expect(saved.completion == .success)
        #expect(Double(arrivals.byteCount) < 1.05e6 * arrivals.seconds + 64e3)
    }

    @Test func theLimitChangesWhileTheStreamFlows() async throws {
        let files = try idleGuest(pageCount: 1200)
        try files.setXenstore("cloudnet/bandwidth-limit", "64k")
        let (saved, arrivals) = try await save(files, ["CLOUDNET_REPORT": files.report]) {
            message in
            if message.isRound(0) {
                try? files.setXenstore("cloudnet/bandwidth-limit", "50M")
            }
        }
        #expect(saved.completion == .success)
        #expect(saved.log.contains("the bandwidth limit is now: 50000000 bytes per second"))
        #expect(try files.reportedMigrations().first?.start?.bandwidthLimit == 64_000)
        // It would have taken a minute.
        #expect(Double(arrivals.byteCount) > 2 * 64e3 * arrivals.seconds)
    }

    @Test func aLimitThatMakesNoSenseChangesNothingWhileTheStreamFlows() async throws {
        let files = try idleGuest(pageCount: 600)
        try files.setXenstore("cloudnet/bandwidth-limit", "700k")
        let (saved, _) = try await save(files, [:]) { message in
            if message.isRound(0) {
                try? files.setXenstore("cloudnet/bandwidth-limit", "fast")
            }
        }
        #expect(saved.completion == .success)
        #expect(saved.errors.isEmpty)
        #expect(
            saved.log.contains {
                $0.contains("bandwidth-limit is 'fast'")
                    && $0.hasSuffix("the bandwidth limit stays as it is")
            }
        )
        #expect(!saved.log.contains { $0.hasPrefix("the bandwidth limit is now") })
    }
}

/// The time of a clock that never goes back.
private func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
