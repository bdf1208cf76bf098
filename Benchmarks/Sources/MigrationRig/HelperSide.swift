internal import Foundation
internal import Glibc
public import LibxlSide
public import ReportSupport

/// One of the two helpers, and what libxl, which is played here, hears from it.
public struct HelperSide {
    /// The helper.
    public let process: RunningProcess
    /// What the helper writes its messages to; negative after its end.
    public private(set) var messages: Int32
    private let replies: Int32

    /// When it first said how far it is; seconds of CLOCK_MONOTONIC, as the other times.
    public private(set) var startTime: Double?
    /// When it wanted the guest to be suspended.
    public private(set) var suspendTime: Double?
    /// When the process was gone: libxl does not go on before, whatever it was told.
    public private(set) var endTime: Double?
    /// How it ended.
    public private(set) var completion: Completion?
    /// The errors that it logged.
    public private(set) var errors: [String] = []
    /// Its largest resident set.
    public private(set) var peakMemoryByteCount = 0
    private var rounds: Set<String> = []

    /// Passes over pages, the one of the paused guest included.
    public var roundCount: Int { rounds.count }

    /// Starts a helper.
    ///
    /// - Throws: `ReportError` if it cannot be started.
    public init(
        _ program: [String],
        stream: Int32,
        environment: [String: String],
        errorPath: String
    ) throws {
        let fromHelper = try PipeEnds()
        let toHelper = try PipeEnds()
        process = try RunningProcess(
            program,
            descriptors: [
                STDIN_FILENO: toHelper.readEnd, STDOUT_FILENO: fromHelper.writeEnd,
                CommandLines.streamDescriptor: stream,
            ],
            environment: environment,
            errorPath: errorPath
        )
        messages = fromHelper.takeReadEnd()
        replies = toHelper.takeWriteEnd()
    }

    /// Takes the next message and answers it as libxl does when all is well.
    public mutating func answerNextMessage() {
        guard let message = ReceivedMessage(from: messages) else {
            // The kernel closes its descriptors when it has taken its memory back.
            endTime = monotonicSeconds()
            close()
            return
        }
        let now = monotonicSeconds()
        switch message.number {
        case ReceivedMessage.Number.suspend:
            suspendTime = suspendTime ?? now
        case ReceivedMessage.Number.complete:
            completion = message.completion
            // It is still there, waiting for the answer.
            peakMemoryByteCount = Self.peakMemoryByteCount(of: process.identifier)
        case ReceivedMessage.Number.progress:
            startTime = startTime ?? now
            if let doing = message.progress?.doing, doing.hasPrefix("Frames iteration") {
                // Behind the number there may be how far the round is.
                rounds.insert(String(doing.prefix { $0 != "," }))
            }
        case ReceivedMessage.Number.log:
            if message.logLevel ?? 0 >= 8, let text = message.logText { errors.append(text) }
        default:
            break
        }
        guard message.wantsReply else { return }
        var reply = message.usualReply
        write(replies, &reply, MemoryLayout<Int32>.size)
    }

    /// Ends the conversation.
    public mutating func close() {
        guard messages >= 0 else { return }
        Glibc.close(messages)
        Glibc.close(replies)
        messages = -1
    }

    /// The kernel's `VmHWM`; unlike `wait4` it does not count the memory of this process.
    private static func peakMemoryByteCount(of process: pid_t) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        let words = line.split { " \t".contains($0) }
        return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
    }
}
