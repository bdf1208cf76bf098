@testable import Configuration

let path = "/etc/xen/cloudnet.conf"

/// What a file of this text says.
func file(_ text: String) -> SettingsFile {
    SettingsFile(path: path, content: Array(text.utf8))
}

/// The settings that follow from texts in all places, without looking at problems.
func settings(
    _ text: String = "",
    domain: DomainIdentity? = nil,
    xenstore: [String: String] = [:],
    environment: [String: String] = [:]
) -> (settings: Settings, problems: [SettingsProblem]) {
    let (settings, problems) = Settings.resolve(
        { environment[$0] },
        file(text),
        domain,
        { xenstore[$0] }
    )
    return (settings, problems)
}

/// Loads from a file that is there, as the helper does.
func load(
    file: String,
    xenstore: [String: String] = [:],
    environment: [String: String] = [:],
    domain: DomainIdentity? = nil
) throws(SettingsError) -> Settings {
    try Settings.load(
        environment: { environment[$0] },
        file: file,
        domain: domain,
        xenstore: { xenstore[$0] }
    )
}
