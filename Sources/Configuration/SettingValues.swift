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

/// What to do when the coordinator of an application cannot be reached for too long.
public enum LostChoice: String, Sendable {
    /// Give the migration up; the guest stays.
    case abort
    /// Go on as if there were no application.
    case alone
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
