internal import PosixIO

/// A message of a helper, as libxl reads it.
public struct ReceivedMessage: Sendable {
    /// Which message it is.
    public let number: UInt16
    private let arguments: [UInt8]

    /// The numbers of messages.
    public enum Number {
        /// A line for the log.
        public static let log: UInt16 = 1
        /// How far something has got.
        public static let progress: UInt16 = 2
        /// Suspend the guest.
        public static let suspend: UInt16 = 3
        /// The guest's memory was copied.
        public static let postcopy: UInt16 = 4
        /// A checkpoint is complete.
        public static let checkpoint: UInt16 = 5
        /// Make the device model note the pages that it writes, or stop that.
        public static let switchQemuLogdirty: UInt16 = 7
        /// The static data were read.
        public static let staticDataDone: UInt16 = 8
        /// Where the guest's xenstore and console pages are.
        public static let restoreResults: UInt16 = 9
        /// The helper is done.
        public static let complete: UInt16 = 10
    }

    /// Waits for the next message.
    ///
    /// - Returns: Nothing if the helper has ended.
    public init?(from descriptor: Int32) {
        var source = FileDescriptorSource(descriptor, name: "from the helper")
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

    /// Whether the helper waits for an answer.
    public var wantsReply: Bool {
        ![Number.log, Number.progress, Number.restoreResults].contains(number)
    }

    /// What libxl answers if all is well: one for the callbacks, zero for the others.
    public var usualReply: Int32 {
        let zero = [Number.switchQemuLogdirty, Number.staticDataDone, Number.complete]
        return zero.contains(number) ? 0 : 1
    }

    /// The text of a log line; its level is the first number.
    public var logText: String? {
        guard number == Number.log else { return nil }
        let (_, afterSource) = string(at: 8)
        return string(at: afterSource).text
    }

    /// The importance of a log line; an error is 8.
    public var logLevel: UInt32? {
        number == Number.log ? integer(at: 0, as: UInt32.self) : nil
    }

    /// What is being done, how much of it is done, and of how much.
    public var progress: (doing: String, done: UInt, total: UInt)? {
        guard number == Number.progress else { return nil }
        let (doing, end) = string(at: string(at: 0).end)
        return (doing, integer(at: end, as: UInt.self), integer(at: end + 8, as: UInt.self))
    }

    /// The result and the error number of `complete`.
    public var completion: Completion? {
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

/// How a migration ended for one side.
public struct Completion: Equatable, Sendable {
    /// Zero, or what libxenguest returned.
    public var result: Int32
    /// What explains a result other than zero.
    public var errorNumber: Int32

    /// A result and what explains it.
    public init(result: Int32, errorNumber: Int32) {
        self.result = result
        self.errorNumber = errorNumber
    }

    /// The guest has moved.
    public static let success = Completion(result: 0, errorNumber: 0)
}
