import Glibc
import MigrationRig

/// Plays libxl for several helpers at once.
enum HelperConversation {
    /// Answers all helpers until they have ended.
    ///
    /// - Parameters:
    ///   - saves: The sides that may be suspended.
    ///   - restores: The sides that read.
    ///   - silenceSecondsMaximum: How long all of them may say nothing.
    /// - Returns: Whether they have ended; else they said nothing for too long.
    static func finish(
        _ saves: inout [HelperSide],
        _ restores: inout [HelperSide],
        silenceSecondsMaximum: Int
    ) -> Bool {
        var sides = saves + restores
        defer {
            for index in sides.indices { sides[index].close() }
            restores = Array(sides[saves.count...])
            saves = Array(sides[..<saves.count])
        }
        while sides.contains(where: { $0.messages >= 0 }) {
            var polled = sides.map { pollfd(fd: $0.messages, events: Int16(POLLIN), revents: 0) }
            let count = poll(&polled, UInt(polled.count), Int32(silenceSecondsMaximum) * 1000)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            for index in sides.indices where polled[index].revents != 0 {
                sides[index].answerNextMessage()
            }
        }
        return true
    }
}
