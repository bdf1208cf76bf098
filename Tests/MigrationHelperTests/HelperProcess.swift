import Dispatch
import Glibc
import LibxlSide
import PosixIO
import TestSupport

/// A helper that runs as libxl would run it, with the simulated Xen in the place of the real one.
///
/// This side plays libxl: it reads the helper's messages and answers those that want a reply.
final class HelperProcess: Sendable {
    let processID: pid_t
    private let fromHelper: Int32
    private let toHelper: Int32

    /// Starts a helper, one of ours or one by its path.
    ///
    /// `stream` is its stream, of which this side keeps its own descriptor.
    init(
        _ program: String,
        _ arguments: [String],
        stream: Int32? = nil,
        environment: [String: String] = [:]
    ) throws {
        let input = try ClosingPipe()
        let output = try ClosingPipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A helper that ends before it is answered must not end the tests.
        Glibc.signal(SIGPIPE, SIG_IGN)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        posix_spawn_file_actions_adddup2(&actions, input.readEnd, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.writeEnd, STDOUT_FILENO)
        if let stream {
            posix_spawn_file_actions_adddup2(&actions, stream, CommandLines.streamDescriptor)
        }
        closeDescriptors(
            above: stream == nil ? STDERR_FILENO : CommandLines.streamDescriptor,
            with: &actions
        )
        let path = program.hasPrefix("/") ? program : Self.programDirectory + "/" + program
        let libraries = try SimulatedXenLibraries.directory
        var variables = ["CLOUDNET_RUN_DIRECTORY": libraries + "/run"]
        variables.merge(environment) { $1 }
        variables["LD_LIBRARY_PATH"] = libraries
        var argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
        var variablePointers = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer {
            for pointer in argumentPointers + variablePointers { free(pointer) }
        }
        var processID: pid_t = 0
        let errorNumber = posix_spawn(
            &processID,
            path,
            &actions,
            &attributes,
            &argumentPointers,
            &variablePointers
        )
        guard errorNumber == 0 else {
            throw SystemError("start \(path)", errorNumber: errorNumber)
        }
        self.processID = processID
        fromHelper = output.takeReadEnd()
        toHelper = input.takeWriteEnd()
    }

    deinit {
        close(fromHelper)
        close(toHelper)
    }

    /// Talks to the helper until it ends.
    ///
    /// - Parameters:
    ///   - answer: The reply to a message that wants one.
    ///   - watch: Called for each message, before its reply.
    /// - Returns: All that the helper said, and how it ended.
    func converse(
        _ answer: @escaping @Sendable (ReceivedMessage) -> Int32 = { $0.usualReply },
        watching watch: @escaping @Sendable (ReceivedMessage) -> Void = { _ in }
    ) async -> Conversation {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                var messages: [ReceivedMessage] = []
                while let message = ReceivedMessage(from: fromHelper) {
                    messages.append(message)
                    watch(message)
                    if message.wantsReply {
                        var reply = answer(message)
                        write(toHelper, &reply, MemoryLayout<Int32>.size)
                    }
                }
                continuation.resume(
                    returning: Conversation(messages: messages, status: waitForExit())
                )
            }
        }
    }

    /// All that the helper prints, if it prints text, and how it ended.
    func printed() async -> (text: String, status: Conversation.Status) {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                let bytes = (try? readToEnd(fromHelper)) ?? []
                let text = String(decoding: bytes, as: UTF8.self)
                continuation.resume(returning: (text, waitForExit()))
            }
        }
    }

    func signal(_ number: Int32) {
        kill(processID, number)
    }

    /// The command lines of the processes that the helper has started.
    func childCommandLines() -> [[String]] {
        let task = "/proc/\(processID)/task/\(processID)/children"
        let children = (try? readFile(task)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return children.split(separator: " ").map { child in
            let bytes = (try? readFile("/proc/\(child)/cmdline")) ?? []
            return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private func waitForExit() -> Conversation.Status {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(status & 0x7f)
    }

    /// Where the build put the helpers: beside the tests.
    private static var programDirectory: String {
        let testProgram = CommandLine.arguments.first ?? ""
        return testProgram.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
    }

    fileprivate static func libraryPath() -> String {
        programDirectory + "/libSimulatedXen.so"
    }
}

/// A folder in which the simulation has the names of Xen's libraries.
private enum SimulatedXenLibraries {
    static var directory: String {
        get throws { try created.get() }
    }

    private static let created = Result { () throws(SystemError) -> String in
        let directory = temporaryPath("simulated-xen")
        try retryingOnInterrupt("make \(directory)") { mkdir(directory, 0o755) }
        for name in ["libxenguest.so.4.17", "libxenctrl.so.4.17", "libxenstore.so.4"] {
            try retryingOnInterrupt("link \(name)") {
                symlink(HelperProcess.libraryPath(), "\(directory)/\(name)")
            }
        }
        return directory
    }
}

/// A path for a new file or folder.
func temporaryPath(_ name: String) -> String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return "\(folder)/cloudnet-\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
}

/// A pipe that no child inherits by accident; each end is closed unless it was taken.
final class ClosingPipe {
    private(set) var readEnd: Int32
    private(set) var writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try retryingOnInterrupt("open a pipe") { pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }

    func closeReadEnd() {
        if readEnd >= 0 { close(takeReadEnd()) }
    }

    func closeWriteEnd() {
        if writeEnd >= 0 { close(takeWriteEnd()) }
    }

    func takeReadEnd() -> Int32 {
        defer { readEnd = -1 }
        return readEnd
    }

    func takeWriteEnd() -> Int32 {
        defer { writeEnd = -1 }
        return writeEnd
    }
}
