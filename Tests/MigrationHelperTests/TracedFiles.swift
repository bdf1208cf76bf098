import Glibc
import LibxlSide
import PosixIO
import ReportDrawing
import TestSupport
import Testing

/// A guest that runs in the simulated Xen while it is migrated, and all files that tell of it.
final class TracedFiles: Sendable {
    private let folder = temporaryPath("traced")

    var trace: String { folder + "/trace" }
    var logdirty: String { folder + "/logdirty" }
    var sourceDigest: String { folder + "/source-digest" }
    var targetDigest: String { folder + "/target-digest" }
    var events: String { folder + "/events" }
    var roundTimes: String { folder + "/round-times" }
    /// The report, if a test asks for it.
    var report: String { folder + "/report" }
    /// The encoded stream, if it goes into a file.
    var stream: String { folder + "/stream" }
    /// The configuration file, if a test names it.
    var configuration: String { folder + "/cloudnet.conf" }
    /// The folder of running migrations.
    var running: String { folder + "/run" }
    private var xenstore: String { folder + "/xenstore" }

    init(_ stream: [UInt8]) throws {
        try retryingOnInterrupt("make \(folder)") { mkdir(folder, 0o755) }
        try writeFile(trace, stream)
    }

    deinit { removeFolder(folder) }

    var saveEnvironment: [String: String] {
        [
            "SIMULATED_XEN_TRACE": trace, "SIMULATED_XEN_LOGDIRTY": logdirty,
            "SIMULATED_XEN_MEMORY_DIGEST": sourceDigest, "SIMULATED_XEN_EVENTS": events,
            "SIMULATED_XEN_STORE": xenstore, "CLOUDNET_RUN_DIRECTORY": running,
        ]
    }

    var restoreEnvironment: [String: String] {
        ["SIMULATED_XEN_MEMORY_DIGEST": targetDigest, "SIMULATED_XEN_EVENTS": events]
    }

    var isInLogdirtyMode: Bool { access(logdirty, F_OK) == 0 }

    /// Whether the guest was ever about to be paused.
    var isSuspended: Bool { (try? events(#""event":"suspend""#).isEmpty) == false }

    /// How many rounds were sent live.
    var liveRoundCount: Int {
        get throws { try events(#""event":"round-begin""#, #""pass":"live""#).count }
    }

    /// The lines of the event file that have all these parts.
    func events(_ parts: String...) throws -> [Substring] {
        guard access(events, F_OK) == 0 else { return [] }
        return String(decoding: try readFile(events), as: UTF8.self).split(separator: "\n")
            .filter { line in parts.allSatisfy { line.contains($0) } }
    }

    /// Writes a leaf of the guest's folder in xenstore.
    func setXenstore(_ leaf: String, _ value: String) throws {
        let path = "\(xenstore)/local/domain/7/\(leaf)"
        for (index, character) in path.enumerated()
        where character == "/" && index > folder.count {
            mkdir(String(path.prefix(index)), 0o755)
        }
        // Whoever reads it meanwhile sees the old one.
        try writeFile(path + ".new", Array(value.utf8))
        try retryingOnInterrupt("rename \(path)") { rename(path + ".new", path) }
    }

    /// The migrations in the report, and nothing else.
    func reportedMigrations() throws -> [MigrationHistory] {
        var reader = ReportReader()
        reader.read(try readFile(report))
        reader.finish()
        #expect(reader.damages.isEmpty)
        return reader.histories
    }

    // MARK: Migrations

    /// Starts the save helper, or another program that does the same.
    func startSave(
        flags: Int = 1,
        to stream: Int32,
        _ environment: [String: String] = [:],
        program: String = "cloudnet-save"
    ) throws -> HelperProcess {
        var arguments = CommandLines.liveSave
        // Live, debug (VERIFY) or neither.
        arguments[4] = String(flags)
        return try HelperProcess(
            program,
            arguments,
            stream: stream,
            environment: saveEnvironment.merging(environment) { $1 }
        )
    }

    /// Saves the guest into a file.
    func saveToFile(
        flags: Int = 1,
        _ environment: [String: String] = [:],
        program: String = "cloudnet-save"
    ) async throws -> Conversation {
        let descriptor = try openFile(stream, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(descriptor) }
        let save = try startSave(flags: flags, to: descriptor, environment, program: program)
        return await save.converse()
    }

    /// Moves the guest through a pipe, or over an emulated link.
    ///
    /// - Parameters:
    ///   - flags: Live, debug (VERIFY) or neither.
    ///   - environment: More for the save helper.
    ///   - link: The options of the emulator; none for a pipe.
    ///   - fatalRound: In which round the save helper is killed, if it is.
    /// - Returns: What both helpers said.
    /// - Throws: `SystemError` if one of them could not be started.
    func migrate(
        flags: Int = 1,
        _ environment: [String: String] = [:],
        link: [String]? = nil,
        killingAtRound fatalRound: Int? = nil
    ) async throws -> (saved: Conversation, restored: Conversation) {
        let toLink = try ClosingPipe()
        let fromLink = link == nil ? toLink : try ClosingPipe()
        let linkProcess = try link.map {
            try LinkProcess($0, from: toLink.readEnd, to: fromLink.writeEnd)
        }
        let save = try startSave(flags: flags, to: toLink.writeEnd, environment)
        let restore = try HelperProcess(
            "cloudnet-restore",
            CommandLines.restore,
            stream: fromLink.readEnd,
            environment: restoreEnvironment
        )
        for pipe in [toLink, fromLink] {
            pipe.closeWriteEnd()
            pipe.closeReadEnd()
        }
        async let restored = restore.converse()
        let saved = await save.converse(watching: { message in
            if let fatalRound, message.isRound(fatalRound) { save.signal(SIGKILL) }
        })
        let conversations = (saved, await restored)
        _ = linkProcess?.waitForExit()
        return conversations
    }

    /// Expects that all went well, and that the target has the memory that the source had.
    func expectEqualMemory(_ conversations: (saved: Conversation, restored: Conversation)) throws {
        for conversation in [conversations.saved, conversations.restored] {
            #expect(conversation.completion == .success)
            #expect(conversation.errors.isEmpty)
        }
        let digest = try readFile(sourceDigest)
        #expect(digest.count > 32)
        #expect(try readFile(targetDigest) == digest)
    }

    /// Expects that the save gave up before the guest was paused, and left it in order.
    func expectGuestStays(_ saved: Conversation, errorNumber: Int32) {
        #expect(saved.status == .exited(0))
        #expect(saved.completion == Completion(result: -1, errorNumber: errorNumber))
        #expect(saved.count(of: ReceivedMessage.Number.suspend) == 0)
        #expect(!isSuspended)
        #expect(!isInLogdirtyMode)
    }
}

extension ReceivedMessage {
    /// Whether it is the progress of a round, which may be followed by rate and time.
    func isRound(_ number: Int) -> Bool {
        guard let words = progress?.doing.split(separator: ",").first else { return false }
        return words == "Frames iteration \(number)"
    }
}
