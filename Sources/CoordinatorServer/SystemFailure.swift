internal import Glibc

/// A call of the system that failed.
struct SystemFailure: Error, CustomStringConvertible {
    /// What was tried, and what the system says.
    let description: String
    /// The system's number for it.
    let errorNumber: Int32

    /// Takes the system's `errno`.
    init(_ action: String) {
        errorNumber = errno
        description = "cannot \(action): \(String(cString: strerror(errorNumber)))"
    }
}
