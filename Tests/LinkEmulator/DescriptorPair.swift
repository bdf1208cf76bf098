internal import Glibc
internal import PosixIO

/// Waits for an input and an output at once, more precisely than the milliseconds of `poll`.
struct DescriptorPair {
    let input: Int32
    let output: Int32

    /// Waits until something can be done or the time is over, which is for ever without one.
    ///
    /// - Parameters:
    ///   - forInput: Whether to wait for bytes, or the end of the stream, at the input.
    ///   - forOutput: Whether to wait for room at the output.
    ///   - time: How long to wait at most.
    /// - Returns: Whether the input can be read.
    /// - Throws: `SystemError` with EPIPE if whoever reads the output has gone.
    func wait(forInput: Bool, forOutput: Bool, atMost time: Duration?) throws(SystemError) -> Bool {
        // An output is readable when its reader has gone.
        var readable = Self.set(forInput ? [input, output] : [output])
        var writable = Self.set(forOutput ? [output] : [])
        let (seconds, attoseconds) = (time ?? .zero).components
        var timeout = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        let count = withUnsafePointer(to: &timeout) { timeout in
            pselect(
                max(input, output) + 1,
                &readable,
                &writable,
                nil,
                time == nil ? nil : timeout,
                nil
            )
        }
        if count < 0, errno != EINTR { throw SystemError("wait", errorNumber: errno) }
        guard count > 0 else { return false }
        var state = [
            pollfd(fd: forInput ? input : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output, events: 0, revents: 0),
        ]
        poll(&state, UInt(state.count), 0)
        if state[1].revents != 0 { throw SystemError("write standard output", errorNumber: EPIPE) }
        return state[0].revents != 0
    }

    /// A set of descriptors, all below 64 as standard input and output are.
    private static func set(_ descriptors: [Int32]) -> fd_set {
        var set = fd_set()
        let bits = descriptors.reduce(into: UInt64(0)) { $0 |= 1 << UInt64($1) }
        withUnsafeMutableBytes(of: &set) { $0.storeBytes(of: bits, as: UInt64.self) }
        return set
    }
}
