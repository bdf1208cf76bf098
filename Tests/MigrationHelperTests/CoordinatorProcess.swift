import Glibc
import PosixIO
import Synchronization
import TestSupport

/// A running `cloudnet-coordinator`, which can be killed and started again.
final class CoordinatorProcess: Sendable {
    private let folder = temporaryPath("coordinator")
    private let processID = Mutex<pid_t>(0)

    /// Where members find it.
    var socket: String { folder + "/socket" }
    private var logPath: String { folder + "/log" }

    /// Starts one with rules, of which each is a line of the rules file.
    init(rules: String) throws {
        try retryingOnInterrupt("make \(folder)") { mkdir(folder, 0o755) }
        try writeFile(folder + "/rules", Array(rules.utf8))
        try start()
    }

    deinit {
        kill()
        removeFolder(folder)
    }

    /// What it has logged.
    var log: String { (try? readFile(logPath)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// Starts it, again with the state that it had.
    func start() throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, logPath, flags, 0o644)
        closeDescriptors(with: &actions)
        let testProgram = CommandLine.arguments.first ?? ""
        let programs = testProgram.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast()
        let path = (programs + ["cloudnet-coordinator"]).joined(separator: "/")
        let arguments = [
            path, "--listen", "unix:\(socket)", "--state", folder + "/state.sqlite", "--rules",
            folder + "/rules", "--log", "debug",
        ]
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        let errorNumber = posix_spawn(&child, path, &actions, nil, &pointers, environ)
        guard errorNumber == 0 else {
            throw SystemError("start \(path)", errorNumber: errorNumber)
        }
        processID.withLock { [child] in $0 = child }
    }

    /// Ends it, as a failing host would.
    func kill() {
        let child = processID.withLock { processID in
            defer { processID = 0 }
            return processID
        }
        guard child > 0 else { return }
        Glibc.kill(child, SIGKILL)
        while waitpid(child, nil, 0) < 0, errno == EINTR {}
    }
}
