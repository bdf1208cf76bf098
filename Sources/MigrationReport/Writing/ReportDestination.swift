/// Where the records of a migration go.
public enum ReportDestination: Equatable, Sendable, CustomStringConvertible {
    /// A file, by its path from the root.
    case file(String)
    /// A Unix stream socket, by its path from the root.
    case socket(String)

    /// The longest paths that Linux takes, without their final NUL.
    private static let pathByteCountMaximum = (file: 4095, socket: 107)

    /// Reads what an operator wrote; a relative path would depend on where `xl` was started.
    public init?(_ text: String) {
        let isSocket = text.hasPrefix("unix:")
        let path = isSocket ? String(text.dropFirst("unix:".count)) : text
        let maximum = Self.pathByteCountMaximum
        guard
            path.hasPrefix("/"), path != "/", path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
            path.utf8.count <= (isSocket ? maximum.socket : maximum.file)
        else { return nil }
        self = isSocket ? .socket(path) : .file(path)
    }

    /// As an operator writes it.
    public var description: String {
        switch self {
        case .file(let path): path
        case .socket(let path): "unix:" + path
        }
    }
}
