internal import Glibc

/// The folder for files that are not needed after the report.
public struct WorkFolder {
    /// The path of the folder.
    public let root: String

    /// A folder that exists.
    public init(root: String) {
        self.root = root
    }

    /// The path of a file in it.
    public func path(_ name: String) -> String { root + "/" + name }

    /// The length of a file in this folder or elsewhere.
    public static func byteCount(ofFile path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw ReportError.cannotOpen(path) }
        return Int(status.st_size)
    }
}
