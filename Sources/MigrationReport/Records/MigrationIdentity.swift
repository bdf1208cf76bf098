/// Which migration a line of a report is about.
public struct MigrationIdentity: Codable, Equatable, Sendable {
    /// The domain's number at the source.
    public var domid: UInt32
    /// The domain's name; empty if it is not known.
    public var name: String
    /// The domain's UUID; empty if it is not known.
    public var uuid: String
    /// The process that saves the domain.
    public var pid: Int32

    /// Names a migration.
    public init(domid: UInt32, name: String, uuid: String, pid: Int32) {
        self.domid = domid
        self.name = name
        self.uuid = uuid
        self.pid = pid
    }
}
