/// The numbers of the protocol between members and coordinator (docs/coordinator-protocol.md).
public enum CoordinatorProtocol {
    /// The version that is spoken here.
    public static let version = 1

    /// No line is longer, the newline not counted.
    public static let lineByteCountMaximum = 4096

    /// No answer to an operator is longer: groups may be many.
    public static let answerByteCountMaximum = 16 << 20

    /// No name (application, domain, host, link, session) has more bytes.
    public static let nameByteCountMaximum = 128

    /// Either side says something at least this often.
    public static let heartbeatSeconds = 1.0

    /// Either side takes a connection for lost if it has been silent for so long.
    public static let silenceSecondsMaximum = 5.0

    /// A new connection must have joined, or asked, within this time.
    public static let joinSecondsMaximum = 5.0
}
