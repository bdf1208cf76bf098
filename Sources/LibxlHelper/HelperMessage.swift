/// A message from the helper to libxl, on the helper's standard output.
///
/// A message is its length in 16 bits, then its number in 16 bits and its arguments, in the
/// machine's byte order and without padding; a string is its length with the final NUL in 32 bits,
/// then its bytes. Source: `libxl_save_msgs_gen.pl` of Xen 4.17.
public enum HelperMessage: Equatable, Sendable {
    /// A line for the log; `source` says who speaks.
    case log(level: LogLevel, errorNumber: Int32, source: String, text: String)
    /// How far something has got.
    case progress(source: String, doing: String, done: UInt, total: UInt)
    /// Suspend the guest.
    case suspend
    /// The guest's memory was copied: it may run again (Remus, COLO).
    case postcopy
    /// A checkpoint is complete (Remus, COLO).
    case checkpoint
    /// Wait for the next checkpoint (COLO).
    case waitCheckpoint
    /// Make the device model note the pages that it writes, or stop that.
    case switchQemuLogdirty(domid: UInt32, enable: UInt32)
    /// The static data were read; `missing` says what an old sender did not send.
    case staticDataDone(missing: UInt32)
    /// Where the guest's xenstore and console pages are.
    case restoreResults(storeGFN: UInt64, consoleGFN: UInt64)
    /// The helper is done; `errorNumber` explains a result other than zero.
    case complete(result: Int32, errorNumber: Int32)

    /// The number of the message.
    public var number: UInt16 {
        switch self {
        case .log: 1
        case .progress: 2
        case .suspend: 3
        case .postcopy: 4
        case .checkpoint: 5
        case .waitCheckpoint: 6
        case .switchQemuLogdirty: 7
        case .staticDataDone: 8
        case .restoreResults: 9
        case .complete: 10
        }
    }

    /// The message as it goes to libxl, its length in front.
    public var bytes: [UInt8] {
        var body: [UInt8] = []
        body.append(number: number)
        switch self {
        case .log(let level, let errorNumber, let source, let text):
            body.append(number: level.rawValue)
            body.append(number: errorNumber)
            body.append(string: source)
            body.append(string: text)
        case .progress(let source, let doing, let done, let total):
            body.append(string: source)
            body.append(string: doing)
            body.append(number: done)
            body.append(number: total)
        case .suspend, .postcopy, .checkpoint, .waitCheckpoint:
            break
        case .switchQemuLogdirty(let domid, let enable):
            body.append(number: domid)
            body.append(number: enable)
        case .staticDataDone(let missing):
            body.append(number: missing)
        case .restoreResults(let storeGFN, let consoleGFN):
            body.append(number: storeGFN)
            body.append(number: consoleGFN)
        case .complete(let result, let errorNumber):
            body.append(number: result)
            body.append(number: errorNumber)
        }
        var message: [UInt8] = []
        message.append(number: UInt16(body.count))
        return message + body
    }

    /// Longer strings are cut, so that a message always fits its 16-bit length.
    static let stringByteCountMaximum = 16 << 10
}

/// The importance of a log line: libxentoollog's `xentoollog_level`.
public enum LogLevel: UInt32, Sendable {
    /// For developers.
    case debug = 1
    /// Details that are usually not shown.
    case verbose = 2
    /// More than most want to know.
    case detail = 3
    /// How far something has got; `xl` shows this and what is more important.
    case progress = 4
    /// Worth knowing.
    case info = 5
    /// Unusual but right.
    case notice = 6
    /// Something to look at.
    case warning = 7
    /// Something failed.
    case error = 8
    /// Nothing can go on.
    case critical = 9
}

extension [UInt8] {
    fileprivate mutating func append(number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number) { append(contentsOf: $0) }
    }

    /// Appends a string; libxl refuses a message with a string that is not there at all.
    fileprivate mutating func append(string: String) {
        let bytes = string.utf8.prefix(HelperMessage.stringByteCountMaximum)
        append(number: UInt32(bytes.count + 1))
        append(contentsOf: bytes)
        append(0)
    }
}
