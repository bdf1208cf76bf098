internal import Glibc

/// A Unix socket in the file system that only its owner can connect to.
///
/// A lock on a file beside it, `PATH.lock`, tells a coordinator that lives from one that has died:
/// what a dead one left is replaced, what a living one serves is left alone.
final class UnixSocketFile: Sendable {
    private let path: String
    private let lock: Int32
    /// Bound, not listening yet; whoever takes it closes it.
    let descriptor: Int32

    /// Makes the socket.
    ///
    /// - Throws: `CoordinatorError`, or `SystemFailure`.
    init(path: String) throws {
        self.path = path
        try OwnedFolder.make(for: path)
        lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw SystemFailure("open \(path).lock") }
        do {
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                throw CoordinatorError.socketInUse(path: path)
            }
            try Self.removeLeftover(path)
            descriptor = try Self.bound(path)
        } catch {
            close(lock)
            throw error
        }
    }

    /// Removes the socket; its descriptor is closed by whoever took it.
    func remove() {
        unlink(path)
        close(lock)
    }

    private static func removeLeftover(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw CoordinatorError.notASocket(path: path)
        }
        // Another program knows nothing of our lock.
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        guard probe >= 0 else { throw SystemFailure("make a socket") }
        defer { close(probe) }
        let result = withAddress(path) { connect(probe, $0, $1) }
        guard result != 0, errno == ECONNREFUSED else {
            throw CoordinatorError.socketInUse(path: path)
        }
        guard unlink(path) == 0 else { throw SystemFailure("remove the old \(path)") }
    }

    private static func bound(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SystemFailure("make a socket") }
        // Linux gives the file the mode that the socket has when it is bound: nobody else can
        // connect in between.
        guard fchmod(descriptor, 0o600) == 0,
            withAddress(path, { bind(descriptor, $0, $1) }) == 0
        else {
            let failure = SystemFailure("make \(path)")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
