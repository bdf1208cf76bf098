/// How libxl starts its helpers.
public enum CommandLines {
    /// The descriptor under which the helpers find their stream.
    public static let streamDescriptor: Int32 = 3

    /// Saves a running guest.
    public static let liveSave = [
        "--save-domain", "\(streamDescriptor)", "-1", "7", "1", "136", "0",
    ]

    /// Restores a guest.
    public static let restore = [
        "--restore-domain", "\(streamDescriptor)", "-1", "8", "1", "0", "2", "0", "256", "0",
    ]
}
