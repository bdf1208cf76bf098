/// What `--check-config` prints: all settings with their origins, or all that is wrong.
public struct ConfigurationCheck: Sendable {
    /// Whether a migration would start.
    public let isGood: Bool
    /// Lines for standard output, or for standard error if it is not good.
    public let text: String

    /// Looks at everything that `Settings.load` reads.
    public init(
        environment: (String) -> String?,
        file standardPath: String = SettingsFile.standardPath,
        domain: DomainIdentity?,
        xenstore: (String) -> String?
    ) {
        let file = SettingsFile(environment: environment, standardPath: standardPath)
        let (settings, wrongValues) = Settings.resolve(environment, file, domain, xenstore)
        let problems = wrongValues + settings.contradictions
        isGood = problems.isEmpty
        let lines =
            isGood
            ? Self.remarks(on: file, domain) + SettingKey.all.map { settings.describe($0) }
            : problems.map(\.description) + ["the configuration is wrong; " + SettingsError.wayOut]
        text = lines.joined(separator: "\n")
    }

    private static func remarks(on file: SettingsFile, _ domain: DomainIdentity?) -> [String] {
        guard file.isPresent else { return ["# \(file.path) is not there"] }
        guard let domain, file.sections(for: domain).isEmpty else {
            return ["# \(file.path) is good"]
        }
        return ["# \(file.path) is good and has no section for this domain"]
    }
}
