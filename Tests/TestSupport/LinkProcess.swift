public import Glibc
internal import PosixIO

/// A running `link-emulator`.
public struct LinkProcess: Sendable {
    /// Its number, for signals.
    public let processID: pid_t

    /// Starts an emulator between two descriptors, of which this side keeps its own.
    ///
    /// - Throws: `SystemError` if it was not built.
    public init(_ arguments: [String], from input: Int32, to output: Int32) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        closeDescriptors(with: &actions)
        // The build puts it beside the tests.
        let testProgram = CommandLine.arguments.first ?? ""
        let folder = testProgram.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let path = (folder + ["link-emulator"]).joined(separator: "/")
        var strings = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var processID: pid_t = 0
        let errorNumber = posix_spawn(&processID, path, &actions, nil, &strings, environ)
        guard errorNumber == 0 else {
            throw SystemError("start \(path)", errorNumber: errorNumber)
        }
        self.processID = processID
    }

    /// Waits for its end.
    ///
    /// - Returns: Its exit status; for one that was killed, 128 and the signal's number.
    public func waitForExit() -> Int32 {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}
