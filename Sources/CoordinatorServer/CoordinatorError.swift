package import Coordination

/// Why a coordinator does not start, or ends by itself.
package enum CoordinatorError: Error, Equatable {
    /// Others could listen in or speak for a member.
    case unprotected(CoordinatorAddress)
    /// Only some of the three files for TLS were named.
    case incompleteTLS
    /// A file for TLS is of no use.
    case certificates(path: String, reason: String)
    /// Another coordinator, or another program, serves the socket.
    case socketInUse(path: String)
    /// What is at the path of a socket is something else.
    case notASocket(path: String)
    /// An address cannot be listened at.
    case listen(CoordinatorAddress, reason: String)
    /// Another coordinator uses the database.
    case stateInUse(path: String)
    /// A newer coordinator has written the database.
    case newerState(path: String)
    /// The database cannot be opened or read.
    case state(path: String, reason: String)
    /// Groups could not be stored while the coordinator ran.
    case storing(reason: String)
    /// The disk has taken nothing for too long.
    case storingTooLong(seconds: Int)
}

extension CoordinatorError: CustomStringConvertible {
    /// What happened, and what to do, in one line.
    package var description: String {
        switch self {
        case .unprotected(let address):
            "\(address) can be reached from other hosts: name --tls-ca, --tls-certificate and "
                + "--tls-key, or listen at a Unix socket or at 127.0.0.1"
        case .incompleteTLS:
            "--tls-ca, --tls-certificate and --tls-key go together: name all three"
        case .certificates(let path, let reason):
            "\(path) cannot be used for TLS: \(reason)"
        case .socketInUse(let path):
            "\(path) is served already, most likely by another coordinator; end that one first, "
                + "or name another --listen"
        case .notASocket(let path):
            "\(path) exists and is no socket; remove it, or name another --listen"
        case .listen(let address, let reason):
            "cannot listen at \(address): \(reason)"
        case .stateInUse(let path):
            "\(path) is in use by another coordinator; end that one first, or name another --state"
        case .newerState(let path):
            "\(path) was written by a newer coordinator; install that version again, or move "
                + "the file away once no group is on its way"
        case .state(let path, let reason):
            "\(path) cannot be used to keep the groups: \(reason)"
        case .storing(let reason):
            "the groups could not be stored (\(reason)); nothing more is decided, and each member "
                + "decides alone once its coordinator-deadline has passed; make room or mend the "
                + "disk, and start the coordinator again"
        case .storingTooLong(let seconds):
            "the disk has taken no group for \(seconds) s; nothing more is decided, and each "
                + "member decides alone once its coordinator-deadline has passed; mend the disk, "
                + "and start the coordinator again"
        }
    }
}
