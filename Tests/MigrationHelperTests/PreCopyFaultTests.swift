import Glibc
import LibxlSide
import MigrationReport
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// What fails while a guest that runs is migrated, above all while the helper waits for the link
/// after a round.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PreCopyFaultTests {
    private static let busy = ["SIMULATED_XEN_TIME_SCALE": "1e6"]

    /// Of a small one, all that libxenguest writes in a round fits into a pipe; of a large one, it
    /// fits into the helper's memory.
    private func guest(pageCount: Int = 600) throws -> TracedFiles {
        try TracedFiles(SmallGuest.stream(roundCount: 5, pageCount: pageCount))
    }

    /// Whether libxenguest has written all of round 0, for which the helper waits now, or soon.
    private static func isEndOfRound0(_ message: ReceivedMessage) -> Bool {
        guard message.isRound(0), let progress = message.progress else { return false }
        return progress.done > 0 && progress.done == progress.total
    }

    @Test(arguments: [("extended", 600), ("extended", 12), ("stock", 12)])
    func terminationEndsTheWaitForTheLink(format: String, pageCount: Int) async throws {
        let files = try guest(pageCount: pageCount)
        let pipe = try ClosingPipe()
        let save = try files.startSave(
            to: pipe.writeEnd,
            Self.busy.merging(["CLOUDNET_STREAM": format]) { $1 }
        )
        // Nobody reads.
        let saved = await save.converse(watching: { message in
            guard Self.isEndOfRound0(message) else { return }
            usleep(300_000)
            save.signal(SIGTERM)
        })
        files.expectGuestStays(saved, errorNumber: ECANCELED)
        #expect(saved.errors.last == "the migration was cancelled; the guest stays on this host")
    }

    @Test(arguments: [("extended", 600), ("extended", 12), ("stock", 12)])
    func aLinkThatBreaksWhileItIsWaitedForPausesNoGuest(
        format: String,
        pageCount: Int
    ) async throws {
        let files = try guest(pageCount: pageCount)
        let pipe = try ClosingPipe()
        let save = try files.startSave(
            to: pipe.writeEnd,
            Self.busy.merging(["CLOUDNET_STREAM": format, "CLOUDNET_REPORT": files.report]) { $1 }
        )
        let reader = pipe.takeReadEnd()
        let saved = await save.converse(watching: { message in
            guard Self.isEndOfRound0(message) else { return }
            usleep(300_000)
            close(reader)
        })
        files.expectGuestStays(saved, errorNumber: EPIPE)
        #expect(saved.errors.last?.contains("the connection has ended") == true)
        #expect(try files.reportedMigrations().first?.end?.status == .failed)
    }

    @Test(arguments: [("extended", "1s"), ("stock", "1s"), ("extended", "10s")])
    func aRunningGuestArrivesAfterTheLinkWasCutForAWhile(
        format: String,
        cut: String
    ) async throws {
        let files = try guest()
        let moved = try await files.migrate(
            Self.busy.merging(["CLOUDNET_STREAM": format]) { $1 },
            link: ["--rate", "10M", "--rtt", "10ms", "--queue", "64k", "--cut", "100ms+\(cut)"]
        )
        try files.expectEqualMemory(moved)
    }

    @Test(arguments: ["extended", "stock"])
    func aRunningGuestStaysWhenTheLinkIsCutForEver(format: String) async throws {
        let files = try guest()
        let moved = try await files.migrate(
            Self.busy.merging(["CLOUDNET_STREAM": format, "CLOUDNET_REPORT": files.report]) { $1 },
            link: [
                "--rate", "4M", "--rtt", "10ms", "--queue", "64k", "--cut", "100ms", "--timeout",
                "300ms",
            ]
        )
        files.expectGuestStays(moved.saved, errorNumber: EPIPE)
        let explanation = moved.saved.errors.last ?? ""
        #expect(explanation.contains("the connection has ended"))
        #expect(explanation.hasSuffix("the guest stays on this host"))
        #expect(moved.restored.completion == Completion(result: -1, errorNumber: ECONNRESET))
        let end = try #require(try files.reportedMigrations().first?.end)
        #expect(end.status == .failed)
        #expect(end.reason == explanation)
    }

    @Test(arguments: ["extended", "stock"])
    func aKilledSaveLeavesARunningGuestInOrder(format: String) async throws {
        let files = try guest()
        let moved = try await files.migrate(
            Self.busy.merging([
                "CLOUDNET_STREAM": format, "CLOUDNET_MIN_ROUNDS": "3",
            ]) { $1 },
            link: ["--rate", "10M", "--rtt", "10ms"],
            killingAtRound: 1
        )
        #expect(moved.saved.status == .killed(SIGKILL))
        #expect(moved.saved.count(of: ReceivedMessage.Number.suspend) == 0)
        for _ in 0..<1000 where files.isInLogdirtyMode { usleep(10_000) }
        #expect(!files.isInLogdirtyMode)
        #expect(moved.restored.completion == Completion(result: -1, errorNumber: ECONNRESET))
    }

    @Test func aGuestThatDoesNotSuspendIsReported() async throws {
        let files = try guest()
        let descriptor = try openFile(files.stream, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(descriptor) }
        let save = try files.startSave(
            to: descriptor,
            Self.busy.merging(["CLOUDNET_REPORT": files.report]) { $1 }
        )
        let saved = await save.converse { message in
            message.number == ReceivedMessage.Number.suspend ? 0 : message.usualReply
        }
        #expect(saved.completion?.result == -1)
        #expect(!files.isInLogdirtyMode)
        let end = try #require(try files.reportedMigrations().first?.end)
        #expect(end.status == .failed)
        #expect(end.reason == "libxenguest failed; the guest stays on this host")
    }
}
