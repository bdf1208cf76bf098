internal import Glibc

/// A failed system call.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was tried: "write to the migration stream".
    public let operation: String
    /// The system's error number.
    public let errorNumber: Int32

    /// Notes a failure.
    public init(_ operation: String, errorNumber: Int32) {
        self.operation = operation
        self.errorNumber = errorNumber
    }

    /// What was tried and what the system said.
    public var description: String {
        "cannot \(operation): \(String(cString: strerror(errorNumber)))"
    }
}

/// Runs a system call until it is not interrupted, and throws what it reports.
@discardableResult
public func retryingOnInterrupt<Result: SignedInteger>(
    _ operation: @autoclosure () -> String,
    _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        let errorNumber = errno
        guard errorNumber == EINTR else {
            throw SystemError(operation(), errorNumber: errorNumber)
        }
    }
}
