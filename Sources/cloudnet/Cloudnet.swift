internal import ArgumentParser

/// The operators' tool.
@main
struct Cloudnet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudnet",
        abstract: "Tools for Xen migration streams with redundancy elimination.",
        version: "cloudnet 0.1 (stream version 1)",
        subcommands: [
            Encode.self, Decode.self, Watch.self, Groups.self, Report.self, CheckConfig.self,
        ]
    )
}
