internal import ArgumentParser
internal import Configuration
internal import PosixIO

/// Shows the settings that a migration would have.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Show all settings and where they come from, or what is wrong with them.",
        discussion: """
            Reads the environment and \(SettingsFile.standardPath), or the file that \
            \(SettingsFile.variable) names. The status is 1 if a migration would not start.
            """
    )

    @Argument(help: "The name or UUID of a domain, to show what holds for it.")
    var domain: String?

    func run() throws {
        let check = ConfigurationCheck(
            environment: ProcessEnvironment.value(of:),
            domain: domain.map { DomainIdentity(nameOrUUID: $0) },
            xenstore: { _ in nil }
        )
        guard check.isGood else {
            StandardError.writeLine(check.text)
            throw ExitCode(1)
        }
        print(check.text)
    }
}
