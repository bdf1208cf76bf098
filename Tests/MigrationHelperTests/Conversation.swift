import Glibc
import MigrationStream
import PosixIO

/// A message of a helper, as libxl reads it.
struct ReceivedMessage: Sendable {
    let number: UInt16
    private let arguments: [UInt8]

    enum Number {
        static let log: UInt16 = 1
        static let progress: UInt16 = 2
        static let suspend: UInt16 = 3
        static let postcopy: UInt16 = 4
        static let checkpoint: UInt16 = 5
        static let staticDataDone: UInt16 = 8
        static let restoreResults: UInt16 = 9
        static let complete: UInt16 = 10
    }

    init?(readingFrom source: inout FileDescriptorSource) {
        func read(_ byteCount: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: byteCount)
            let count = bytes.withUnsafeMutableBytes { try? source.read(into: $0) }
            return count == byteCount ? bytes : nil
        }
        guard
            let length = read(2).map({ Int($0[0]) | Int($0[1]) << 8 }), length >= 2,
            let body = read(length)
        else { return nil }
        number = UInt16(body[0]) | UInt16(body[1]) << 8
        arguments = Array(body.dropFirst(2))
    }

    var wantsReply: Bool {
        ![Number.log, Number.progress, Number.restoreResults].contains(number)
    }

    /// What libxl answers if all is well: one for the callbacks, zero for the others.
    var usualReply: Int32 {
        number == Number.staticDataDone || number == Number.complete ? 0 : 1
    }

    /// The text of a log line; its level is the first number.
    var logText: String? {
        guard number == Number.log else { return nil }
        let (_, afterSource) = string(at: 8)
        return string(at: afterSource).text
    }

    var logLevel: UInt32? {
        number == Number.log ? integer(at: 0, as: UInt32.self) : nil
    }

    /// What is being done, how much of it is done, and of how much.
    var progress: (doing: String, done: UInt, total: UInt)? {
        guard number == Number.progress else { return nil }
        let (doing, end) = string(at: string(at: 0).end)
        return (doing, integer(at: end, as: UInt.self), integer(at: end + 8, as: UInt.self))
    }

    /// The result and the error number of `complete`.
    var completion: Completion? {
        guard number == Number.complete else { return nil }
        return Completion(
            result: integer(at: 0, as: Int32.self),
            errorNumber: integer(at: 4, as: Int32.self)
        )
    }

    private func integer<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
        arguments.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }

    private func string(at offset: Int) -> (text: String, end: Int) {
        let byteCount = Int(integer(at: offset, as: UInt32.self))
        let start = offset + 4
        let text = String(decoding: arguments[start..<start + byteCount - 1], as: UTF8.self)
        return (text, start + byteCount)
    }
}

struct Completion: Equatable {
    var result: Int32
    var errorNumber: Int32

    static let success = Completion(result: 0, errorNumber: 0)
}

/// All that a helper said, and how it ended.
struct Conversation: Sendable {
    enum Status: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    let messages: [ReceivedMessage]
    let status: Status

    var numbers: [UInt16] { messages.map(\.number) }

    var completion: Completion? { messages.last?.completion }

    var log: [String] { messages.compactMap(\.logText) }

    /// The lines of level `error`.
    var errors: [String] { messages.filter { $0.logLevel == 8 }.compactMap(\.logText) }

    func count(of number: UInt16) -> Int {
        numbers.count { $0 == number }
    }
}
