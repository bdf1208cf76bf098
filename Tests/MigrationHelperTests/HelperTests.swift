import Glibc
import LibxlHelper
import LibxlSide
import MigrationStream
import PosixIO
import TestSupport
import Testing

/// The helpers as processes, with a scripted libxl on their standard input and output.
@Suite(.serialized)
struct HelperTests {
    private static let saveArguments = CommandLines.liveSave
    private static let restoreArguments = CommandLines.restore
    private static let remusSaveArguments = ["--save-domain", "3", "-1", "7", "1", "184", "1"]
    private static let remusRestoreArguments = [
        "--restore-domain", "3", "-1", "8", "1", "0", "2", "0", "304", "1",
    ]

    /// A stream in a file, for `SIMULATED_XEN_STREAM`, and the place of a restored one.
    private final class Files: Sendable {
        let stock = temporaryPath("stock")
        let restored = temporaryPath("restored")
        let stream = temporaryPath("stream")
        let logdirty = temporaryPath("logdirty")

        var isInLogdirtyMode: Bool { access(logdirty, F_OK) == 0 }

        /// What the save helper needs.
        var environment: [String: String] {
            ["SIMULATED_XEN_STREAM": stock, "SIMULATED_XEN_LOGDIRTY": logdirty]
        }

        init(_ content: [UInt8]) throws {
            try writeFile(stock, content)
        }

        deinit {
            for path in [stock, restored, stream, logdirty] { unlink(path) }
        }
    }

    // MARK: Plain migrations

    @Test func aSavedGuestIsRestoredByteForByte() async throws {
        let guest = SmallGuest.stream(roundCount: 3)
        let files = try Files(guest)
        let pipe = try ClosingPipe()
        let save = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: ["SIMULATED_XEN_STREAM": files.stock]
        )
        let restore = try HelperProcess(
            "cloudnet-restore",
            Self.restoreArguments,
            stream: pipe.readEnd,
            environment: ["SIMULATED_XEN_OUTPUT": files.restored]
        )
        pipe.closeWriteEnd()
        async let restored = restore.converse()
        let saved = await save.converse()

        #expect(saved.status == .exited(0))
        #expect(saved.completion == .success)
        #expect(saved.count(of: ReceivedMessage.Number.suspend) == 1)
        #expect(saved.log.contains { $0.hasPrefix("saved in 3 rounds: ") })
        let conversation = await restored
        #expect(conversation.status == .exited(0))
        #expect(conversation.completion == .success)
        #expect(conversation.numbers.suffix(2) == [9, 10])
        #expect(try readFile(files.restored) == guest)
    }

    @Test func aCompressedStreamIsRestoredByteForByte() async throws {
        let guest = SmallGuest.stream(roundCount: 3)
        let files = try Files(guest)
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock, "CLOUDNET_COMPRESSION": "3"]
        )
        #expect(saved.completion == .success)
        let restored = try await restore(from: files.stream, files)
        #expect(restored.completion == .success)
        #expect(try readFile(files.restored) == guest)
    }

    @Test func aStockStreamIsWrittenByteForByteAndRestored() async throws {
        let guest = SmallGuest.stream(roundCount: 2)
        let files = try Files(guest)
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock, "CLOUDNET_STREAM": "stock"]
        )
        #expect(saved.completion == .success)
        #expect(try readFile(files.stream) == guest)
        let restored = try await restore(from: files.stream, files)
        #expect(restored.completion == .success)
        #expect(try readFile(files.restored) == guest)
    }

    @Test func eitherHelperServesEitherMode() async throws {
        let guest = SmallGuest.stream(roundCount: 2)
        let files = try Files(guest)
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock],
            program: "cloudnet-restore"
        )
        #expect(saved.completion == .success)
        let restored = try await restore(from: files.stream, files, program: "cloudnet-save")
        #expect(restored.completion == .success)
        #expect(try readFile(files.restored) == guest)
    }

    @Test(arguments: ["extended", "stock"])
    func nothingBeyondTheEndRecordIsRead(format: String) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2))
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock, "CLOUDNET_STREAM": format]
        )
        #expect(saved.completion == .success)
        let ofLibxl: [UInt8] = Array("what libxl wrote after the helper".utf8)
        try writeFile(files.stream, try readFile(files.stream) + ofLibxl)

        let descriptor = try openFile(files.stream, O_RDONLY)
        defer { close(descriptor) }
        let process = try HelperProcess(
            "cloudnet-restore",
            Self.restoreArguments,
            stream: descriptor,
            environment: ["SIMULATED_XEN_OUTPUT": files.restored]
        )
        let restored = await process.converse()
        #expect(restored.completion == .success)
        // The descriptor shares its position with the helper's.
        #expect(try readToEnd(descriptor) == ofLibxl)
    }

    @Test func coloIsPassedThroughUnencoded() async throws {
        let guest = SmallGuest.stream(roundCount: 2)
        let files = try Files(guest)
        var arguments = Self.saveArguments
        arguments[6] = "2"
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock],
            arguments: arguments
        )
        #expect(saved.completion == .success)
        #expect(try readFile(files.stream) == guest)
    }

    @Test func progressOfTheFirstRoundCountsThePagesOfTheGuest() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2, pageCount: 5000))
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock, "SIMULATED_XEN_PAGE_COUNT": "5000"]
        )
        let first = saved.messages.compactMap(\.progress).filter {
            $0.doing == "Frames iteration 0"
        }
        // The simulation counts 16 times as many, as libxenguest does for an address space.
        #expect(first.count == 3)
        #expect(first.allSatisfy { $0.total == 5000 && $0.done <= 5000 })
        #expect(first.last?.done == 5000)
    }

    // MARK: Remus

    @Test func aRemusStreamIsFlushedAtEachCheckpoint() async throws {
        let guest = SmallGuest.stream(roundCount: 2, checkpointCount: 3)
        let files = try Files(guest)
        let pipe = try ClosingPipe()
        let save = try HelperProcess(
            "cloudnet-save",
            Self.remusSaveArguments,
            stream: pipe.writeEnd,
            environment: ["SIMULATED_XEN_STREAM": files.stock]
        )
        let restore = try HelperProcess(
            "cloudnet-restore",
            Self.remusRestoreArguments,
            stream: pipe.readEnd,
            environment: ["SIMULATED_XEN_OUTPUT": files.restored]
        )
        let ofLibxl = [UInt8]("libxl's own record".utf8)
        let writeEnd = dup(pipe.writeEnd)
        let readEnd = dup(pipe.readEnd)
        defer {
            close(writeEnd)
            close(readEnd)
        }
        async let restored = restore.converse { message in
            guard message.number == ReceivedMessage.Number.checkpoint else {
                return message.usualReply
            }
            // Exactly libxl's bytes come next, if the helper read none too many.
            var bytes = [UInt8](repeating: 0, count: ofLibxl.count)
            let count = read(readEnd, &bytes, bytes.count)
            return count == bytes.count && bytes == ofLibxl ? 1 : 0
        }
        async let saved = save.converse { message in
            if message.number == ReceivedMessage.Number.checkpoint {
                write(writeEnd, ofLibxl, ofLibxl.count)
            }
            return message.usualReply
        }
        #expect(await saved.completion == .success)
        #expect(await saved.count(of: ReceivedMessage.Number.checkpoint) == 3)
        #expect(await restored.completion == .success)
        #expect(await restored.count(of: ReceivedMessage.Number.checkpoint) == 3)
        #expect(try readFile(files.restored) == guest)
    }

    @Test func remusEndsWhenLibxlEndsTheCheckpoints() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2, checkpointCount: 3))
        let descriptor = try openFile(files.stream, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(descriptor) }
        let process = try HelperProcess(
            "cloudnet-save",
            Self.remusSaveArguments,
            stream: descriptor,
            environment: files.environment
        )
        let saved = await process.converse { message in
            message.number == ReceivedMessage.Number.checkpoint ? 0 : message.usualReply
        }
        #expect(saved.status == .exited(0))
        #expect(saved.completion == .success)
        #expect(saved.count(of: ReceivedMessage.Number.checkpoint) == 1)
    }

    @Test func remusTakesOverAfterACutButNotAfterDamage() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2, checkpointCount: 3))
        let saved = try await save(
            into: files.stream,
            ["SIMULATED_XEN_STREAM": files.stock],
            arguments: Self.remusSaveArguments
        )
        #expect(saved.completion == .success)
        let stream = try readFile(files.stream)
        try writeFile(files.stream, Array(stream.dropLast(40)))
        let cut = try await restore(
            from: files.stream,
            files,
            arguments: Self.remusRestoreArguments
        )
        #expect(cut.completion == .success)

        var damaged = stream
        damaged[damaged.count - 20] ^= 1
        try writeFile(files.stream, damaged)
        let refused = try await restore(
            from: files.stream,
            files,
            arguments: Self.remusRestoreArguments
        )
        #expect(refused.completion == Completion(result: -1, errorNumber: EBADMSG))
    }

    // MARK: Failures

    @Test(arguments: [0, 1, 2])
    func terminationCancelsInAnyRound(round: Int) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 4, pageCount: 4096))
        // Nobody reads the pipe's end until it is full: a link that is slower than the guest.
        let pipe = try ClosingPipe()
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: files.environment.merging([
                "SIMULATED_XEN_BATCH_MICROSECONDS": "20000", "SIMULATED_XEN_PAGE_COUNT": "4096",
            ]) { first, _ in first }
        )
        let readEnd = pipe.readEnd
        async let drained: Void = drain(readEnd)
        let saved = await process.converse {
            $0.usualReply
        } watching: { message in
            if message.progress?.doing == "Frames iteration \(round)" { process.signal(SIGTERM) }
        }
        pipe.closeWriteEnd()
        await drained
        #expect(saved.status == .exited(0))
        #expect(saved.completion == Completion(result: -1, errorNumber: ECANCELED))
        #expect(!files.isInLogdirtyMode)
        #expect(saved.errors.last?.contains("cancelled") ?? false)
        #expect(saved.count(of: ReceivedMessage.Number.suspend) == 0)
    }

    @Test func aGuestThatDoesNotSuspendIsNotBlamedOnTheStream() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2))
        for _ in 0..<5 {
            let descriptor = try openFile(files.stream, O_WRONLY | O_CREAT | O_TRUNC)
            defer { close(descriptor) }
            let process = try HelperProcess(
                "cloudnet-save",
                Self.saveArguments,
                stream: descriptor,
                environment: files.environment
            )
            let saved = await process.converse { message in
                message.number == ReceivedMessage.Number.suspend ? 0 : message.usualReply
            }
            #expect(saved.completion?.result == -1)
            #expect(saved.completion?.errorNumber != ECONNRESET)
            #expect(saved.errors == ["save callback suspend() failed: 0"])
            #expect(!files.isInLogdirtyMode)
        }
    }

    @Test func terminationCancelsWhileThePeerDoesNotRead() async throws {
        // More than the pipes hold, and more than libxenguest has left to write.
        let files = try Files(SmallGuest.stream(roundCount: 1, pageCount: 400))
        let pipe = try ClosingPipe()
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: ["SIMULATED_XEN_STREAM": files.stock]
        )
        let saved = await process.converse {
            $0.usualReply
        } watching: { message in
            if message.progress?.doing == "Complete" { process.signal(SIGTERM) }
        }
        #expect(saved.status == .exited(0))
        #expect(saved.completion == Completion(result: -1, errorNumber: ECANCELED))
    }

    @Test func terminationCancelsAWriteThatWaits() async throws {
        // More than the ring, the codec and the pipe hold, of which nobody reads anything.
        let files = try Files(SmallGuest.stream(roundCount: 1, pageCount: 12_000))
        let pipe = try ClosingPipe()
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: files.environment
        )
        let saved = await process.converse {
            $0.usualReply
        } watching: { message in
            if let progress = message.progress, progress.done > 0, progress.done == progress.total {
                // Long enough to fill the ring.
                usleep(500_000)
                process.signal(SIGTERM)
            }
        }
        #expect(saved.status == .exited(0))
        #expect(saved.completion == Completion(result: -1, errorNumber: ECANCELED))
        #expect(!files.isInLogdirtyMode)
    }

    @Test(arguments: ["extended", "stock"])
    func aVanishedReceiverIsReportedInPlainWords(format: String) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2, pageCount: 2048))
        let pipe = try ClosingPipe()
        pipe.closeReadEnd()
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: files.environment.merging(["CLOUDNET_STREAM": format]) { first, _ in first
            }
        )
        let saved = await process.converse()
        #expect(saved.status == .exited(0))
        #expect(saved.completion == Completion(result: -1, errorNumber: EPIPE))
        #expect(saved.errors.last?.contains("the connection has ended") ?? false)
        #expect(!files.isInLogdirtyMode)
    }

    @Test(arguments: ["extended", "stock"])
    func aKilledSaveLeavesNoLogdirtyModeBehind(format: String) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 4, pageCount: 4096))
        let pipe = try ClosingPipe()
        let process = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: files.environment.merging([
                "SIMULATED_XEN_BATCH_MICROSECONDS": "20000", "CLOUDNET_STREAM": format,
            ]) { first, _ in first }
        )
        pipe.closeWriteEnd()
        let readEnd = pipe.readEnd
        async let drained: Void = drain(readEnd)
        let saved = await process.converse {
            $0.usualReply
        } watching: { message in
            if let progress = message.progress, progress.doing == "Frames iteration 1",
                progress.done == 0
            {
                #expect(files.isInLogdirtyMode)
                // Whoever kills helpers by name or arguments does not hit the guard.
                #expect(process.childCommandLines() == [["cloudnet-guard"]])
                process.signal(SIGKILL)
            }
        }
        // Both end although the guard lives on: it holds neither the stream nor the messages.
        await drained
        #expect(saved.status == .killed(SIGKILL))
        for _ in 0..<500 where files.isInLogdirtyMode { usleep(10_000) }
        #expect(!files.isInLogdirtyMode)
    }

    @Test func aKilledReceiverEndsTheSave() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 6, pageCount: 4096))
        let pipe = try ClosingPipe()
        let save = try HelperProcess(
            "cloudnet-save",
            Self.saveArguments,
            stream: pipe.writeEnd,
            environment: [
                "SIMULATED_XEN_STREAM": files.stock, "SIMULATED_XEN_BATCH_MICROSECONDS": "20000",
            ]
        )
        let restore = try HelperProcess(
            "cloudnet-restore",
            Self.restoreArguments,
            stream: pipe.readEnd,
            environment: ["SIMULATED_XEN_OUTPUT": files.restored]
        )
        pipe.closeReadEnd()
        async let restored = restore.converse()
        let saved = await save.converse {
            $0.usualReply
        } watching: { message in
            if message.progress?.doing == "Frames iteration 1" { restore.signal(SIGKILL) }
        }
        #expect(await restored.status == .killed(SIGKILL))
        #expect(saved.completion == Completion(result: -1, errorNumber: EPIPE))
    }

    @Test func aStreamCutAnywhereIsNeverRestored() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2))
        _ = try await save(into: files.stream, ["SIMULATED_XEN_STREAM": files.stock])
        let stream = try readFile(files.stream)
        for byteCount in [0, 10, 24, 30, 200, stream.count / 2, stream.count - 1] {
            try writeFile(files.stream, Array(stream.prefix(byteCount)))
            let restored = try await restore(from: files.stream, files)
            #expect(restored.status == .exited(0))
            #expect(restored.completion == Completion(result: -1, errorNumber: ECONNRESET))
            #expect(restored.errors.last?.contains("the sender stopped before the end") ?? false)
        }
    }

    @Test func aFlippedBitIsNeverRestored() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 2))
        _ = try await save(into: files.stream, ["SIMULATED_XEN_STREAM": files.stock])
        let stream = try readFile(files.stream)
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        for _ in 0..<12 {
            let bit = Int.random(in: 0..<stream.count * 8, using: &generator)
            var damaged = stream
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            try writeFile(files.stream, damaged)
            let restored = try await restore(from: files.stream, files)
            #expect(
                restored.completion?.result == -1,
                "bit \(bit), CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"
            )
            #expect(restored.errors.count >= 1)
        }
    }

    @Test(arguments: [
        ["CLOUDNET_STREAM": "zip"], ["CLOUDNET_CACHE_MIB": "0"], ["CLOUDNET_CACHE_MIB": "lots"],
    ])
    func aSettingThatMakesNoSenseStopsBeforeTheStart(setting: [String: String]) async throws {
        let files = try Files(SmallGuest.stream(roundCount: 1))
        let saved = try await save(
            into: files.stream,
            setting.merging(["SIMULATED_XEN_STREAM": files.stock]) { first, _ in first }
        )
        #expect(saved.completion == Completion(result: -1, errorNumber: EINVAL))
        #expect(saved.errors.last?.contains(setting.keys.first ?? "?") ?? false)
        #expect(try readFile(files.stream).isEmpty)
    }

    @Test func aWrongFileStopsBeforeTheStartAndNamesTheWayOut() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 1))
        let configuration = temporaryPath("configuration")
        defer { unlink(configuration) }
        try writeFile(configuration, Array("threads = 1\nmax-puase = \"1s\"\n".utf8))
        var environment = files.environment
        environment["CLOUDNET_CONFIG"] = configuration
        let saved = try await save(into: files.stream, environment)
        #expect(saved.completion == Completion(result: -1, errorNumber: EINVAL))
        #expect(saved.count(of: ReceivedMessage.Number.suspend) == 0)
        let message = saved.errors.last ?? ""
        #expect(message.contains("\(configuration) line 2: there is no setting 'max-puase'"))
        #expect(message.contains("CLOUDNET_STREAM=stock"))
        #expect(message.hasSuffix("the guest stays on this host"))
        #expect(try readFile(files.stream).isEmpty)
        #expect(!files.isInLogdirtyMode)

        // The way out is open.
        environment["CLOUDNET_STREAM"] = "stock"
        let stock = try await save(into: files.stream, environment)
        #expect(stock.completion == .success)
        #expect(stock.log.contains { $0.contains("passed over: \(configuration) line 2") })
        #expect(try readFile(files.stream) == readFile(files.stock))
    }

    @Test func aGuestArrivesInSpiteOfAWrongFile() async throws {
        let files = try Files(SmallGuest.stream(roundCount: 1))
        let configuration = temporaryPath("configuration")
        defer { unlink(configuration) }
        try writeFile(configuration, Array("threads = 1\nmax-puase = \"1s\"\n".utf8))
        _ = try await save(into: files.stream, files.environment)
        let restored = try await restore(
            from: files.stream,
            files,
            environment: ["CLOUDNET_CONFIG": configuration]
        )
        #expect(restored.completion == .success)
        #expect(restored.log.contains { $0.contains("passed over: \(configuration) line 2") })
        #expect(try readFile(files.restored) == readFile(files.stock))
    }

    @Test func aCacheThatDoesNotFitIsRefused() async throws {
        let mebibytes = AvailableMemory.byteCountForCache() >> 20 + 4096
        try #require(CacheSize(mebibytes: mebibytes) != nil, "too much memory for this test")
        let files = try Files(SmallGuest.stream(roundCount: 1))
        let saved = try await save(
            into: files.stream,
            [
                "SIMULATED_XEN_STREAM": files.stock, "CLOUDNET_CACHE_MIB": String(mebibytes),
            ]
        )
        #expect(saved.completion == Completion(result: -1, errorNumber: ENOMEM))
        #expect(saved.errors.last?.contains("CLOUDNET_CACHE_MIB") ?? false)
    }

    // MARK: Started by hand

    @Test(arguments: [
        [], ["--save-domain"], ["--save-domain", "3", "x", "7", "1", "136", "0"], ["--frobnicate"],
        ["--save-domain", "3", "-1", "7", "1", "136", "0", "9"],
    ])
    func aWrongCommandLineGivesTheUsage(arguments: [String]) async throws {
        for program in ["cloudnet-save", "cloudnet-restore"] {
            let conversation = try await HelperProcess(program, arguments).converse()
            #expect(conversation.status == .exited(2))
            #expect(conversation.messages.isEmpty)
        }
    }

    @Test(arguments: ["cloudnet-save", "cloudnet-restore"])
    func theConfigurationCanBeChecked(program: String) async throws {
        let configuration = temporaryPath("configuration")
        defer { unlink(configuration) }
        let environment = ["CLOUDNET_CONFIG": configuration]
        try writeFile(configuration, Array("[domain.web1]\nthreads = 2\n".utf8))
        let arguments = ["--check-config", "web1"]
        let good = try await HelperProcess(program, arguments, environment: environment).printed()
        #expect(good.status == .exited(0))
        #expect(good.text.contains("threads = 2 (from \(configuration) line 2)\n"))

        try writeFile(configuration, Array("threads = 0\n".utf8))
        let bad = try await HelperProcess(program, arguments, environment: environment).printed()
        #expect(bad.status == .exited(1))
        #expect(bad.text.isEmpty)
    }

    @Test func theHelpTellsTheDefaults() async throws {
        let help = try await HelperProcess("cloudnet-save", ["--help"]).printed()
        #expect(help.status == .exited(0))
        #expect(help.text.contains("CLOUDNET_COMPRESSION\n"))
        #expect(help.text.contains("'auto', 'off', or a level of zstd from -20 to 9 [auto]\n"))
    }

    // MARK: Common steps

    private func save(
        into path: String,
        _ environment: [String: String],
        arguments: [String] = saveArguments,
        program: String = "cloudnet-save"
    ) async throws -> Conversation {
        let descriptor = try openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(descriptor) }
        let process = try HelperProcess(
            program,
            arguments,
            stream: descriptor,
            environment: environment
        )
        return await process.converse()
    }

    private func restore(
        from path: String,
        _ files: Files,
        arguments: [String] = restoreArguments,
        program: String = "cloudnet-restore",
        environment: [String: String] = [:]
    ) async throws -> Conversation {
        let descriptor = try openFile(path, O_RDONLY)
        defer { close(descriptor) }
        let process = try HelperProcess(
            program,
            arguments,
            stream: descriptor,
            environment: environment.merging(["SIMULATED_XEN_OUTPUT": files.restored]) { $1 }
        )
        return await process.converse()
    }
}
