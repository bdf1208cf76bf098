internal import Glibc

/// The folder of a socket or database.
enum OwnedFolder {
    /// Makes the folder that a file is to be in, unless it exists; only its owner can enter it.
    static func make(for path: String) throws(SystemFailure) {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
        let folder = String(path[..<slash])
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw SystemFailure("make the folder \(folder)")
        }
    }
}
