internal import Glibc
internal import MigrationStream
internal import PageCodec
internal import PosixIO

/// How a session ended: what libxl is told, and what the operator reads.
struct Conclusion {
    /// libxenguest's result: zero is success.
    var result: Int32
    /// The system's error number that goes with a failure; libxl prints its text.
    var errorNumber: Int32
    /// The line for the log that explains a failure.
    var explanation: String?
    /// What is left to do once libxl knows.
    var afterwards: () -> Void = {}

    static var success: Conclusion { Conclusion(result: 0, errorNumber: 0) }

    /// What libxenguest concluded; it has explained a failure itself.
    init(result: Int32, errorNumber: Int32) {
        self.result = result
        // A success leaves any error number behind.
        self.errorNumber = result == 0 ? 0 : errorNumber
    }

    /// A failure of ours; `consequence` tells what became of the guest.
    init(_ error: any Error, consequence: String) {
        result = -1
        errorNumber = Self.errorNumber(for: error)
        explanation = "\(Self.text(for: error)); \(consequence)"
    }

    /// libxl asked for the end.
    static func cancelled(consequence: String) -> Conclusion {
        var conclusion = Conclusion(result: -1, errorNumber: ECANCELED)
        conclusion.explanation = "the migration was cancelled; \(consequence)"
        return conclusion
    }

    private static func errorNumber(for error: any Error) -> Int32 {
        switch error {
        case let error as SystemError: error.errorNumber
        case StreamError.endsEarly: ECONNRESET
        case StreamError.page(.cacheNotAllocatable), PageCodecError.cacheNotAllocatable: ENOMEM
        case is StreamError, is PageCodecError: EBADMSG
        default: EINVAL
        }
    }

    private static func text(for error: any Error) -> String {
        if let error = error as? SystemError, [EPIPE, ECONNRESET].contains(error.errorNumber) {
            return "the connection has ended: \(error); the other side's log tells why, unless the "
                + "link between them is gone"
        }
        if case StreamError.endsEarly = error {
            return "the sender stopped before the end: \(error); its log tells why"
        }
        return "\(error)"
    }
}

extension StreamError {
    /// Whether the stream is damaged, rather than just cut off.
    var isDamage: Bool {
        if case .endsEarly = self { return false }
        return true
    }
}
