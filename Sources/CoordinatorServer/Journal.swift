package import Coordination
internal import Dispatch
internal import Glibc
internal import Synchronization

/// The coordinator's log: one line per event.
///
/// Lines are written on a queue of its own: whoever reads them slowly stops nobody.
package final class Journal: Sendable {
    private struct State {
        /// Lines that are not written yet.
        var waitingCount = 0
        /// Lines that nobody will see, since the last one that was.
        var lostCount = 0
        /// The second that the next count is for.
        var second = 0
        /// What strangers caused in it.
        var strangerCount = 0
    }

    private static let waitingCountMaximum = 10_000
    private static let strangerCountMaximum = 10

    private let lowest: LogLevel
    private let write: @Sendable (String) -> Void
    private let queue = DispatchQueue(label: "journal")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - lowest: What matters less is left out.
    ///   - write: Gets each line, without a newline.
    package init(from lowest: LogLevel = .info, write: @escaping @Sendable (String) -> Void) {
        self.lowest = lowest
        self.write = write
    }

    /// Writes a line.
    package func log(_ level: LogLevel, _ text: String) {
        guard level >= lowest else { return }
        let time = Moment.now.time
        let lostCount: Int? = state.withLock { state in
            guard state.waitingCount < Self.waitingCountMaximum else {
                state.lostCount += 1
                return nil
            }
            state.waitingCount += 1
            defer { state.lostCount = 0 }
            return state.lostCount
        }
        guard let lostCount else { return }
        queue.async { [self] in
            if lostCount > 0 {
                write(Self.line(.warning, time, "\(lostCount) lines are left out here"))
            }
            write(Self.line(level, time, text))
            state.withLock { $0.waitingCount -= 1 }
        }
    }

    /// Writes a line that anybody can cause who reaches us: of these only a few a second.
    package func strangers(_ level: LogLevel, _ text: String) {
        let second = Int(Moment.now.seconds)
        let isWritten = state.withLock { state in
            if state.second != second {
                state.second = second
                state.strangerCount = 0
            }
            state.strangerCount += 1
            if state.strangerCount > Self.strangerCountMaximum { state.lostCount += 1 }
            return state.strangerCount <= Self.strangerCountMaximum
        }
        if isWritten { log(level, text) }
    }

    /// Waits until all is written.
    package func flush() {
        queue.sync {}
    }

    /// A line with its time, and nothing in it that a terminal would obey.
    static func line(_ level: LogLevel, _ time: Double, _ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(1000) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                shown += scalar.escaped(asASCII: true)
            default:
                shown.unicodeScalars.append(scalar)
            }
        }
        return "\(timestamp(time)) \(level.rawValue): \(shown)"
    }

    /// `2026-01-31T12:00:00.123Z`.
    private static func timestamp(_ time: Double) -> String {
        var seconds = time_t(time)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let milliseconds = Int((time - Double(seconds)) * 1000)
        let digits = String(1000 + milliseconds).dropFirst()
        let bytes = text.prefix(length).map { UInt8(bitPattern: $0) }
        let whole = String(decoding: bytes, as: UTF8.self)
        return "\(whole).\(digits)Z"
    }
}
