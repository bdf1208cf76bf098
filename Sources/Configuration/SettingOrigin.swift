/// Where a value came from.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    /// Nobody set it.
    case `default`
    /// A variable of the environment.
    case environment(variable: String)
    /// A leaf of the domain's `cloudnet` folder in xenstore.
    case xenstore(leaf: String)
    /// A line of a file, from 1, or the file as a whole.
    case file(path: String, line: Int?)
    /// `CLOUDNET_STREAM=stock`, which passes over what is wrong with the file and xenstore.
    case wayOut

    /// For parentheses behind a value: "from /etc/xen/cloudnet.conf line 12".
    public var description: String {
        switch self {
        case .default: "the default"
        case .environment(let variable): "from \(variable)"
        case .xenstore(let leaf): "from xenstore, cloudnet/\(leaf)"
        case .file: "from \(place)"
        case .wayOut: "because CLOUDNET_STREAM=stock passes over a wrong configuration"
        }
    }

    /// For the start of a message: "/etc/xen/cloudnet.conf line 12".
    var place: String {
        switch self {
        case .environment: "environment"
        case .xenstore(let leaf): "xenstore, cloudnet/\(leaf)"
        case .file(let path, let line): path + (line.map { " line \($0)" } ?? "")
        case .default, .wayOut: description
        }
    }
}
