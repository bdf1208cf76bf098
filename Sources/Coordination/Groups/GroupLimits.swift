/// How much the coordinator keeps in mind; whoever joins beyond is refused.
public enum GroupLimits {
    /// Groups that are not over.
    public static let groupCount = 1024

    /// Members of one group.
    public static let memberCount = 256

    /// Members of all groups that are not over.
    public static let totalMemberCount = 8192

    /// Groups of an application that are over: operators read them, and a member that comes back late
    /// learns how its group ended.
    public static let keptCountPerApplication = 4

    /// Groups that are over.
    public static let keptCount = 256

    /// Members of all groups that are over.
    public static let keptMemberCount = 4096
}
