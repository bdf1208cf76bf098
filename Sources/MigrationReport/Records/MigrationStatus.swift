/// How far a migration has come; QEMU's words.
public enum MigrationStatus: String, Codable, Sendable {
    /// It is being prepared; nothing was sent.
    case setup
    /// Memory is being sent.
    case active
    /// Everything was sent, and the stream has it all.
    case completed
    /// It failed; the guest stays at the source.
    case failed
    /// An operator or libxl ended it; the guest stays at the source.
    case cancelled
}
