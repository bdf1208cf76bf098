import Glibc

/// The folder for files that are not needed after the report.
struct WorkFolder {
    let root: String

    func path(_ name: String) -> String { root + "/" + name }

    /// The length of a file in this folder or elsewhere.
    static func byteCount(ofFile path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw ReportError.cannotOpen(path) }
        return Int(status.st_size)
    }
}
