internal import MigrationStream

extension Settings {
    /// The settings for a save: environment, before xenstore, before the file's section for the
    /// domain (its UUID, then its name), before the file's general part, before the defaults.
    ///
    /// With `CLOUDNET_STREAM=stock`, whatever is wrong outside the environment becomes a warning, so
    /// that this way out is always there.
    ///
    /// - Parameters:
    ///   - environment: The value of a variable.
    ///   - standardPath: The file, unless `CLOUDNET_CONFIG` names another.
    ///   - domain: Who is saved, if it is known.
    ///   - xenstore: The content of a leaf of `/local/domain/N/cloudnet/`, which guests cannot write.
    /// - Returns: The settings, which may have warnings.
    /// - Throws: `SettingsError` with everything that is wrong.
    public static func load(
        environment: (String) -> String?,
        file standardPath: String = SettingsFile.standardPath,
        domain: DomainIdentity?,
        xenstore: (String) -> String?
    ) throws(SettingsError) -> Settings {
        let file = SettingsFile(environment: environment, standardPath: standardPath)
        let (settings, wrongValues) = resolve(environment, file, domain, xenstore)
        let problems = wrongValues + settings.contradictions
        if problems.isEmpty { return settings }
        var stock = Settings()
        guard stock.applyEnvironment(environment).isEmpty, stock.contradictions.isEmpty,
            stock.format == .stock
        else {
            throw SettingsError(problems: problems)
        }
        stock.takeWayOut(from: problems)
        return stock
    }

    /// The settings for a restore: environment, before the file's general part, before the defaults.
    ///
    /// A guest that arrives is worth more than a setting: what is wrong is left out and noted in
    /// `warnings`.
    public static func loadForRestore(
        environment: (String) -> String?,
        file standardPath: String = SettingsFile.standardPath
    ) -> Settings {
        let file = SettingsFile(environment: environment, standardPath: standardPath)
        var (settings, problems) = resolve(environment, file, nil) { _ in nil }
        settings.warnings = problems
        return settings
    }

    static func resolve(
        _ environment: (String) -> String?,
        _ file: SettingsFile,
        _ domain: DomainIdentity?,
        _ xenstore: (String) -> String?
    ) -> (Settings, [SettingsProblem]) {
        var settings = Settings()
        var problems = settings.apply(file, domain: domain)
        problems += settings.applyXenstore(xenstore)
        problems += settings.applyEnvironment(environment)
        return (settings, problems)
    }
}
