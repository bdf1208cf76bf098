import Glibc
import LibxlSide
import PosixIO
import TestSupport
import Testing

/// The helpers move a guest that runs while it is moved, in the simulated Xen.
@Suite(.serialized)
struct TracedGuestTests {
    @Test(arguments: ["extended", "stock"], [1, 3])
    func aBusyGuestArrivesAsItWasAtThePause(format: String, flags: Int) async throws {
        let files = try TracedFiles(SmallGuest.stream(roundCount: 5))
        try writeFile(files.roundTimes, Array("0,0\n1,2\n2,3\n3,4\n4,5\nend,6\n".utf8))
        // So fast that all that is ever written is dirty after each batch.
        let moved = try await files.migrate(
            flags: flags,
            [
                "SIMULATED_XEN_TIME_SCALE": "1e6", "CLOUDNET_STREAM": format,
                "SIMULATED_XEN_ROUND_TIMES": files.roundTimes,
            ]
        )
        try files.expectEqualMemory(moved)
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

    /// Only the source has the guest in its process.
    @Test func theGuestSaysWhatItTakesOfTheProcessor() async throws {
        let files = try TracedFiles(SmallGuest.stream(roundCount: 5, pageCount: 2000))
        let moved = try await files.migrate(["SIMULATED_XEN_TIME_SCALE": "1e6"])
        try files.expectEqualMemory(moved)
        let ends = try files.events(#""simulation-microseconds":"#)
        #expect(ends.count == 1)
        let end = try #require(ends.first)
        #expect(end.contains(#""event":"end","side":"save""#))
        #expect(!end.contains(#""simulation-microseconds":0}"#))
    }

    @Test func anIdleGuestNeedsOneRound() async throws {
        let files = try TracedFiles(SmallGuest.stream(roundCount: 5))
        let moved = try await files.migrate(["SIMULATED_XEN_TIME_SCALE": "0"])
        try files.expectEqualMemory(moved)
        #expect(try files.events(#""event":"round-begin""#, #""pass":"live""#).count == 1)
    }

    @Test func aGuestIsSavedPaused() async throws {
        let files = try TracedFiles(SmallGuest.stream(roundCount: 5))
        let moved = try await files.migrate(flags: 0, ["SIMULATED_XEN_TIME_SCALE": "1e6"])
        try files.expectEqualMemory(moved)
        #expect(try files.events(#""event":"round-begin""#).count == 1)
    }

    @Test(arguments: ["pvh-live", "pv-verify"])
    func aRecordedGuestArrivesAsItWasAtThePause(golden: String) async throws {
        let path = "\(Repository.goldenPath)/\(golden).libxc.zst"
        let files = try TracedFiles(try CompressedSource.bytes(ofFile: path))
        let moved = try await files.migrate(flags: 3, ["SIMULATED_XEN_TIME_SCALE": "20"])
        try files.expectEqualMemory(moved)
    }

    @Test func cancellingLeavesTheGuestUntracked() async throws {
        let files = try TracedFiles(SmallGuest.stream(roundCount: 1, pageCount: 8000))
        let pipe = try ClosingPipe()
        let process = try HelperProcess(
            "cloudnet-save",
            CommandLines.liveSave,
            stream: pipe.writeEnd,
            environment: files.saveEnvironment
        )
        // Nobody reads: the first round never ends.
        let saved = await process.converse(watching: { message in
            if message.isRound(0) { process.signal(SIGTERM) }
        })
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
        let files = try TracedFiles(SmallGuest.stream(roundCount: 1))
        let descriptor = try openFile("/dev/null", O_WRONLY)
        defer { close(descriptor) }
        let process = try HelperProcess(
            "cloudnet-save",
            CommandLines.liveSave,
            stream: descriptor,
            environment: files.saveEnvironment.merging(setting) { $1 }
        )
        let saved = await process.converse()
        #expect(saved.completion?.result == -1)
        #expect(!saved.errors.isEmpty)
    }
}
