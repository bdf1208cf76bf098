internal import Configuration
internal import Glibc
internal import LibxlHelper
internal import PosixIO
internal import Synchronization

/// The conversation with libxl: messages on standard output, replies on standard input.
///
/// Any thread may log; only the thread that runs libxenguest may call.
final class LibxlChannel: Sendable {
    /// What libxl prints in front of our own lines.
    private let name: String
    private let output = Mutex(Output())

    private struct Output {
        var sink = FileDescriptorSink(STDOUT_FILENO, name: "to libxl")
        /// libxl takes whatever follows `complete` for a broken helper.
        var isComplete = false
    }

    init(name: String) {
        self.name = name
    }

    /// Sends a message that has no reply; nothing after `complete`, whatever other threads have to say.
    func send(_ message: HelperMessage) {
        let bytes = message.bytes
        do {
            try output.withLock { output in
                guard !output.isComplete else { return }
                if case .complete = message { output.isComplete = true }
                try bytes.withUnsafeBytes { try output.sink.write([$0]) }
            }
        } catch {
            // libxl is gone, and with it everybody who could be told.
            exit(ExitStatus.failure)
        }
    }

    /// Sends a message and waits for libxl's answer.
    func call(_ message: HelperMessage) -> Int32 {
        send(message)
        var reply: Int32 = 0
        var input = FileDescriptorSource(STDIN_FILENO, name: "libxl's reply")
        let byteCount = withUnsafeMutableBytes(of: &reply) { try? input.read(into: $0) }
        guard byteCount == MemoryLayout<Int32>.size else { exit(ExitStatus.noReply) }
        return reply
    }

    func log(_ level: LogLevel, _ text: String, errorNumber: Int32 = -1) {
        send(.log(level: level, errorNumber: errorNumber, source: name, text: text))
    }

    /// Says what of the configuration is wrong but does not stop this session.
    func log(_ warnings: [SettingsProblem]) {
        for warning in warnings { log(.warning, "passed over: \(warning)") }
    }
}

/// How the helper ends if it cannot say `complete`; the numbers are those of the stock helper.
enum ExitStatus {
    static let success: Int32 = 0
    static let wrongConfiguration: Int32 = 1
    static let usage: Int32 = 2
    static let noReply: Int32 = 254
    static let failure: Int32 = 255
}
