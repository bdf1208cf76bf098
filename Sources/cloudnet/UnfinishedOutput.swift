internal import Glibc

/// Removes an output file that was begun if a signal ends the program, so that nobody takes it for
/// whole.
///
/// SIGBUS is among them: a mapped input that shrinks while it is read ends in one.
enum UnfinishedOutput {
    // SAFETY: set before the signals are handled and cleared only after that; a handler reads it.
    nonisolated(unsafe) private static var path: UnsafeMutablePointer<CChar>?

    private static let signals = [SIGBUS, SIGHUP, SIGINT, SIGTERM]

    /// Begins to watch; `nil` if there is nothing to remove.
    static func begin(_ outputPath: String?) {
        path = outputPath.map { strdup($0) }
        for number in signals {
            signal(number) { received in
                if let path = UnfinishedOutput.path { unlink(path) }
                if received == SIGBUS {
                    let text: StaticString =
                        "cloudnet: the input became shorter while it was read; start again\n"
                    write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
                    _exit(1)
                }
                signal(received, SIG_DFL)
                raise(received)
            }
        }
    }

    /// Ends that: the file is whole, or was removed.
    static func end() {
        for number in signals { signal(number, SIG_DFL) }
        free(path)
        path = nil
    }
}
