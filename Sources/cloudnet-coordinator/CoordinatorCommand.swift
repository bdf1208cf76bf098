public import ArgumentParser
public import Coordination
internal import CoordinatorServer
internal import Glibc

/// The server that makes the domains of an application arrive together.
@main
struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudnet-coordinator",
        abstract: "Makes the domains of an application stop, and arrive, together.",
        discussion: """
            Addresses are unix:/PATH or tcp:HOST:PORT. A TCP address that other hosts can reach \
            needs the three files for TLS; a Unix socket and 127.0.0.1 do not. \
            SIGTERM ends the coordinator; members hold until it is there again, or until their \
            own deadline.
            """,
        version: "cloudnet-coordinator 0.1 (protocol version \(CoordinatorProtocol.version))"
    )

    @Option(name: .customLong("listen"), help: "Where members and operators are served.")
    var addresses: [CoordinatorAddress] = [.standard]

    @Option(name: .customLong("state"), help: "The database of the groups.")
    var statePath = "/var/lib/cloudnet/coordinator.sqlite"

    @Option(name: .customLong("rules"), help: "The rules of applications, a TOML file.")
    var rulesPath: String?

    @Option(name: .customLong("web"), help: "Where the web page and metrics are served, if at all.")
    var webAddress: CoordinatorAddress?

    @Option(name: .customLong("tls-ca"), help: "The authority's certificate, PEM.")
    var authorityPath: String?

    @Option(name: .customLong("tls-certificate"), help: "The coordinator's certificate, PEM.")
    var certificatePath: String?

    @Option(name: .customLong("tls-key"), help: "The coordinator's private key, PEM.")
    var keyPath: String?

    @Option(name: .customLong("log"), help: "What matters less is left out of the log.")
    var logLevel = LogLevel.info

    @Flag(name: .customLong("check-rules"), help: "Show the rules, or what is wrong with them.")
    var checksRules = false

    func run() async throws {
        let rules = rulesPath.map { RulesFile(path: $0) }
        if let problems = rules?.problems, !problems.isEmpty {
            for problem in problems { Self.writeLine("\(problem)") }
            throw ExitCode(1)
        }
        if checksRules {
            print((rules ?? RulesFile(path: "", content: [])).text, terminator: "")
            return
        }
        var options = CoordinatorOptions(addresses: addresses)
        options.rules = rules?.table ?? RulesTable()
        options.webAddress = webAddress
        do {
            options.tls = try tls()
            try await serve(options)
        } catch let error as CoordinatorError {
            Self.writeLine("cloudnet-coordinator: \(error)")
            throw ExitCode(1)
        }
    }

    private func tls() throws(CoordinatorError) -> ServerTLS? {
        switch (authorityPath, certificatePath, keyPath) {
        case (let authority?, let certificate?, let key?):
            ServerTLS(authorityPath: authority, certificatePath: certificate, keyPath: key)
        case (nil, nil, nil): nil
        default: throw .incompleteTLS
        }
    }

    private func serve(_ options: CoordinatorOptions) async throws {
        // A member that is gone must not end the coordinator.
        signal(SIGPIPE, SIG_IGN)
        FileDescriptorLimit.raise()
        let signals = Signals([SIGTERM, SIGINT])
        let arrivals = signals.arrivals
        let journal = Journal(from: logLevel) { Self.writeLine($0) }
        let store = try SQLiteGroupStore(path: statePath)
        let coordinator = try await Coordinator.start(options, store: store, journal: journal)
        let stopping = Task {
            for await _ in arrivals { break }
            try await coordinator.stop()
        }
        do {
            try await coordinator.untilEnd()
        } catch {
            // What the disk holds up would hold us up too.
            journal.flush()
            Self.writeLine("cloudnet-coordinator: \(error)")
            throw ExitCode(1)
        }
        try await stopping.value
        withExtendedLifetime(signals) {}
    }

    private static func writeLine(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                write(
                    STDERR_FILENO,
                    bytes.baseAddress?.advanced(by: written),
                    bytes.count - written
                )
            }
            // Nobody can be told that nobody reads this.
            guard count > 0 else { return }
            written += count
        }
    }
}

extension CoordinatorAddress: ExpressibleByArgument {
    /// Reads an address of the command line.
    public init?(argument: String) { self.init(argument) }

    /// As the help shows it.
    public var defaultValueDescription: String { description }
}

extension LogLevel: ExpressibleByArgument {}
