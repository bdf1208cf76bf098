/// Where a report goes.
public enum ReportDestination: Equatable, Sendable, CustomStringConvertible {
    /// Lines are appended to a file, pipe or device.
    case file(path: String)
    /// Lines are sent to whoever listens at a Unix stream socket.
    case socket(path: String)

    private static let socketPrefix = "unix:"

    /// Reads what an operator wrote: a path, or `unix:` and the path of a socket.
    ///
    /// - Returns: `nil` without a path.
    public init?(_ text: String) {
        let isSocket = text.hasPrefix(Self.socketPrefix)
        let path = isSocket ? String(text.dropFirst(Self.socketPrefix.count)) : text
        guard !path.isEmpty else { return nil }
        self = isSocket ? .socket(path: path) : .file(path: path)
    }

    /// The same as the operator writes it.
    public var description: String {
        switch self {
        case .file(let path): path
        case .socket(let path): Self.socketPrefix + path
        }
    }
}
