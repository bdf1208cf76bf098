/// Who decides when the rounds of a migration end.
public enum StopChoice: String, Sendable {
    /// Smart Stop.
    case smart
    /// Xen's own rule.
    case stock
    /// Xen's own rule, while Smart Stop says what it would have done.
    case observe
}

/// What to do when a budget cannot be met.
public enum UnmetChoice: String, Sendable {
    /// Pause the guest and finish.
    case stop
    /// Go on with rounds.
    case `continue`
    /// Give the migration up; the guest stays.
    case abort
}

/// What pages may be coded as, besides zero, unchanged and raw.
public struct PageClasses: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int

    /// Bits as they are.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Pages and blocks that were sent before.
    public static let references = PageClasses(rawValue: 1)
    /// The changed bytes of pages that did change.
    public static let deltas = PageClasses(rawValue: 2)
    /// Both.
    public static let all: PageClasses = [.references, .deltas]
}

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

/// What is known of the domain that is saved.
public struct DomainIdentity: Equatable, Sendable {
    /// Its name, as `xl list` shows it.
    public var name: String?
    /// Its UUID, in hexadecimal with dashes.
    public var uuid: String?

    /// Notes what is known.
    public init(name: String?, uuid: String?) {
        self.name = name
        self.uuid = uuid
    }

    /// A name or a UUID, whichever it turns out to be.
    public init(nameOrUUID text: String) {
        self.init(name: text, uuid: text)
    }
}
