import Glibc
import LibxlSide
import TestSupport
import Testing

/// The helpers with an emulated link between them that fails.
@Suite(.serialized)
struct LinkFaultTests {
    private struct Outcome {
        let guest: [UInt8]
        let restoredGuest: [UInt8]
        let saved: Conversation
        let restored: Conversation
        let linkStatus: Int32
        let isInLogdirtyMode: Bool
    }

    @Test(arguments: ["extended", "stock"])
    func aMigrationGoesOnAfterTheLinkWasCutForASecond(format: String) async throws {
        let outcome = try await migrate(
            format: format,
            link: ["--rate", "40M", "--rtt", "20ms", "--cut", "100ms+1s"]
        )
        #expect(outcome.linkStatus == 0)
        #expect(outcome.saved.completion == .success)
        #expect(outcome.restored.completion == .success)
        #expect(outcome.restoredGuest == outcome.guest)
    }

    @Test(arguments: ["extended", "stock"])
    func theGuestStaysAtTheSourceWhenTheLinkIsCutForEver(format: String) async throws {
        let outcome = try await migrate(
            format: format,
            link: ["--rate", "10M", "--rtt", "20ms", "--cut", "100ms", "--timeout", "300ms"]
        )
        #expect(outcome.linkStatus == 1)
        #expect(outcome.saved.status == .exited(0))
        #expect(outcome.saved.completion == Completion(result: -1, errorNumber: EPIPE))
        #expect(
            outcome.saved.errors.last?.contains("the connection has ended") ?? false
        )
        // The guest was never stopped, and nobody notes its writes any more.
        #expect(outcome.saved.count(of: ReceivedMessage.Number.suspend) == 0)
        #expect(!outcome.isInLogdirtyMode)
        #expect(outcome.restored.status == .exited(0))
        #expect(outcome.restored.completion == Completion(result: -1, errorNumber: ECONNRESET))
        #expect(
            outcome.restored.errors.last?.contains("the sender stopped before the end") ?? false
        )
    }

    @Test func lossesAndJitterChangeNothingButTheTime() async throws {
        let outcome = try await migrate(
            format: "extended",
            link: ["--rate", "50M", "--rtt", "4ms", "--jitter", "5ms", "--loss", "1%"]
        )
        #expect(outcome.linkStatus == 0)
        #expect(outcome.saved.completion == .success)
        #expect(outcome.restored.completion == .success)
        #expect(outcome.restoredGuest == outcome.guest)
    }

    /// Migrates a guest that is too large for the link to take before it is cut.
    private func migrate(format: String, link options: [String]) async throws -> Outcome {
        let guest = SmallGuest.stream(roundCount: 3, pageCount: 4096)
        let paths = ["stock", "restored", "logdirty"].map { temporaryPath($0) }
        defer { for path in paths { unlink(path) } }
        try writeFile(paths[0], guest)
        let toLink = try ClosingPipe()
        let fromLink = try ClosingPipe()
        let link = try LinkProcess(options, from: toLink.readEnd, to: fromLink.writeEnd)
        let save = try HelperProcess(
            "cloudnet-save",
            CommandLines.liveSave,
            stream: toLink.writeEnd,
            environment: [
                "SIMULATED_XEN_STREAM": paths[0], "SIMULATED_XEN_LOGDIRTY": paths[2],
                "CLOUDNET_STREAM": format,
            ]
        )
        let restore = try HelperProcess(
            "cloudnet-restore",
            CommandLines.restore,
            stream: fromLink.readEnd,
            environment: ["SIMULATED_XEN_OUTPUT": paths[1]]
        )
        toLink.closeReadEnd()
        toLink.closeWriteEnd()
        fromLink.closeWriteEnd()
        // As libxl does, the stream is kept open behind the restore helper, which may end before
        // the other one: that is no broken link.
        defer { fromLink.closeReadEnd() }
        async let restoring = restore.converse()
        let saved = await save.converse()
        let restored = await restoring
        return Outcome(
            guest: guest,
            restoredGuest: try readFile(paths[1]),
            saved: saved,
            restored: restored,
            linkStatus: link.waitForExit(),
            isInLogdirtyMode: access(paths[2], F_OK) == 0
        )
    }
}
