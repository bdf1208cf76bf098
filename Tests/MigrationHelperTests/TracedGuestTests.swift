import Glibc
import LibxlSide
import PosixIO
import TestSupport
import Testing

/// The helpers move a guest that runs while it is moved, in the simulated Xen.
@Suite(.serialized)
struct TracedGuestTests {
    /// Live, debug (VERIFY) or neither: the fourth argument.
    private static func saveArguments(flags: Int) -> [String] {
        ["--save-domain", "3", "-1", "7", String(flags), "136", "0"]
    }
    private static let restoreArguments = [
        "--restore-domain", "3", "-1", "8", "1", "0", "2", "0", "256", "0",
    ]

    private final class Files: Sendable {
        let trace = temporaryPath("trace")
        let logdirty = temporaryPath("logdirty")
        let sourceDigest = temporaryPath("source-digest")
        let targetDigest = temporaryPath("target-digest")
        let events = temporaryPath("events")
        let roundTimes = temporaryPath("round-times")

        init(_ stream: [UInt8]) throws { try writeFile(trace, stream) }

        deinit {
            for path in [trace, logdirty, sourceDigest, targetDigest, events, roundTimes] {
                unlink(path)
            }
        }

        var saveEnvironment: [String: String] {
            [
                "SIMULATED_XEN_TRACE": trace, "SIMULATED_XEN_LOGDIRTY": logdirty,
                "SIMULATED_XEN_MEMORY_DIGEST": sourceDigest, "SIMULATED_XEN_EVENTS": events,
            ]
        }

        var restoreEnvironment: [String: String] {
            ["SIMULATED_XEN_MEMORY_DIGEST": targetDigest, "SIMULATED_XEN_EVENTS": events]
        }

        var isInLogdirtyMode: Bool { access(logdirty, F_OK) == 0 }

        /// The lines of the event file that have all these parts.
        func events(_ parts: String...) throws -> [Substring] {
            String(decoding: try readFile(events), as: UTF8.self).split(separator: "\n")
                .filter { line in parts.allSatisfy { line.contains($0) } }
        }
    }

    /// Moves a guest through a pipe; libxl answers as it does.
    private func migrate(
        _ files: Files,
        flags: Int = 1,
        _ environment: [String: String] = [:]
    ) async throws -> (saved: Conversation, restored: Conversation) {
        let pipe = try ClosingPipe()
        let save = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments(flags: flags),
            stream: pipe.writeEnd,
            environment: files.saveEnvironment.merging(environment) { $1 }
        )
        let restore = try HelperProcess(
            "cloudnet-restore",
            Self.restoreArguments,
            stream: pipe.readEnd,
            environment: files.restoreEnvironment
        )
        pipe.closeWriteEnd()
        pipe.closeReadEnd()
        async let restored = restore.converse()
        let saved = await save.converse(Self.reply)
        return (saved, await restored)
    }

    /// Zero is success for the one callback that the other tests do not see.
    @Sendable private static func reply(_ message: ReceivedMessage) -> Int32 {
        message.number == 7 ? 0 : message.usualReply
    }

    private func expectEqualMemory(
        _ files: Files,
        _ conversations: (Conversation, Conversation)
    )
        throws
    {
        for conversation in [conversations.0, conversations.1] {
            #expect(conversation.completion == .success)
            #expect(conversation.errors.isEmpty)
        }
        let digest = try readFile(files.sourceDigest)
        #expect(digest.count > 32)
        #expect(try readFile(files.targetDigest) == digest)
    }

    @Test(arguments: ["extended", "stock"], [1, 3])
    func aBusyGuestArrivesAsItWasAtThePause(format: String, flags: Int) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 5))
        try writeFile(files.roundTimes, Array("0,0\n1,2\n2,3\n3,4\n4,5\nend,6\n".utf8))
        // So fast that all that is ever written is dirty after each batch.
        let moved = try await migrate(
            files,
            flags: flags,
            [
                "SIMULATED_XEN_TIME_SCALE": "1e6", "CLOUDNET_STREAM": format,
                "SIMULATED_XEN_ROUND_TIMES": files.roundTimes,
            ]
        )
        try expectEqualMemory(files, moved)
        #expect(moved.saved.count(of: ReceivedMessage.Number.suspend) == 1)
        #expect(try files.events(#""event":"round-begin""#, #""pass":"paused""#).count == 1)
        #expect(
            try files.events(#""event":"round-begin""#, #""pass":"verify""#).count
                == (flags == 3 ? 1 : 0)
        )
        for event in ["start", "suspend", "headers-read"] {
            #expect(try files.events(#""event":"\#(event)""#).count == 1)
        }
        #expect(try files.events(#""event":"end""#, #""result":0"#).count == 2)
        #expect(!files.isInLogdirtyMode)
    }

    @Test func anIdleGuestNeedsOneRound() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 5))
        let moved = try await migrate(files, ["SIMULATED_XEN_TIME_SCALE": "0"])
        try expectEqualMemory(files, moved)
        #expect(try files.events(#""event":"round-begin""#, #""pass":"live""#).count == 1)
    }

    @Test func aGuestIsSavedPaused() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 5))
        let moved = try await migrate(files, flags: 0, ["SIMULATED_XEN_TIME_SCALE": "1e6"])
        try expectEqualMemory(files, moved)
        #expect(try files.events(#""event":"round-begin""#).count == 1)
    }

    @Test(arguments: ["pvh-live", "pv-verify"])
    func aRecordedGuestArrivesAsItWasAtThePause(golden: String) async throws {
        let path = "\(Repository.goldenPath)/\(golden).libxc.zst"
        let files = try Files(try CompressedSource.bytes(ofFile: path))
        let moved = try await migrate(files, flags: 3, ["SIMULATED_XEN_TIME_SCALE": "20"])
        try expectEqualMemory(files, moved)
    }

    @Test func cancellingLeavesTheGuestUntracked() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 1, pageCount: 8000))
        let pipe = try ClosingPipe()
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments(flags: 1),
            stream: pipe.writeEnd,
            environment: files.saveEnvironment
        )
        // Nobody reads: the first round never ends.
        let saved = await process.converse(Self.reply) { message in
            if message.progress?.doing == "Frames iteration 0" { process.signal(SIGTERM) }
        }
        #expect(saved.completion == Completion(result: -1, errorNumber: ECANCELED))
        #expect(saved.count(of: ReceivedMessage.Number.suspend) == 0)
        #expect(!files.isInLogdirtyMode)
        #expect(try files.events(#""event":"end""#, #""result":-1"#).count == 1)
    }

    @Test(arguments: [
        ["SIMULATED_XEN_RULE": "guess"], ["SIMULATED_XEN_TRACE": "/nowhere"],
        ["SIMULATED_XEN_ROUND_TIMES": "/dev/null"],
    ])
    func aWrongExperimentFails(setting: [String: String]) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 1))
        let descriptor = try openFile("/dev/null", O_WRONLY)
        defer { close(descriptor) }
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments(flags: 1),
            stream: descriptor,
            environment: files.saveEnvironment.merging(setting) { $1 }
        )
        let saved = await process.converse(Self.reply)
        #expect(saved.completion?.result == -1)
        #expect(!saved.errors.isEmpty)
    }
}
