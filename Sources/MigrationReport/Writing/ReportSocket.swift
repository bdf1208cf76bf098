internal import Glibc
internal import PosixIO

/// A Unix stream socket; lines for which a slow reader has no room are dropped whole.
final class ReportSocket: ReportOutput {
    private let descriptor: Int32
    private let path: String
    /// The rest of a line that went only in part.
    private var rest: ArraySlice<UInt8> = []
    private(set) var hasDroppedLines = false

    /// Connects; nobody is waited for.
    ///
    /// - Throws: `SystemError`.
    init(path: String) throws {
        self.path = path
        let operation = "connect to 'unix:\(path)'"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { space in
            guard name.count < space.count else { return false }
            space.copyBytes(from: name)
            return true
        }
        guard fits else { throw SystemError(operation, errorNumber: ENAMETOOLONG) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = try retryingOnInterrupt(operation) {
            socket(AF_UNIX, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        do {
            try retryingOnInterrupt(operation) {
                withUnsafeBytes(of: &address) { address in
                    connect(
                        descriptor,
                        address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                        socklen_t(address.count)
                    )
                }
            }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends a line, or drops it if there is no room.
    ///
    /// - Throws: `SystemError` if nobody listens any more.
    func write(_ line: [UInt8]) throws {
        rest = try send(rest)
        guard rest.isEmpty else {
            hasDroppedLines = true
            return
        }
        let left = try send(line[...])
        // A line of which nothing went is dropped; one that was begun must be ended later.
        if left.count == line.count { hasDroppedLines = true } else { rest = left }
    }

    func finish() { rest = (try? send(rest)) ?? [] }

    /// Sends as much as there is room for and returns what is left.
    private func send(_ bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        var bytes = bytes
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: return bytes
            case let number:
                throw SystemError("write to 'unix:\(path)'", errorNumber: number)
            }
        }
        return bytes
    }
}
