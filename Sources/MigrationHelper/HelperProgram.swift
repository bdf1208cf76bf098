internal import CXenShim
internal import Configuration
internal import Glibc
internal import LibxlHelper
internal import PosixIO

/// What both executables do: find out what libxl wants, and do it or leave it to the other one.
public enum HelperProgram: String, Sendable {
    /// `cloudnet-save`.
    case save = "cloudnet-save"
    /// `cloudnet-restore`.
    case restore = "cloudnet-restore"

    /// Runs the helper and ends the process.
    public func run(_ commandLine: [String]) -> Never {
        let arguments = Array(commandLine.dropFirst())
        switch arguments {
        case ["--help"], ["-h"]:
            printLine(usage)
            exit(ExitStatus.success)
        case ["--version"]:
            printLine("\(rawValue) 0.1 (stream version 1, Xen 4.17)")
            exit(ExitStatus.success)
        case ["--check-config"]:
            checkConfiguration(for: nil)
        case _ where arguments.count == 2 && arguments[0] == "--check-config":
            checkConfiguration(for: DomainIdentity(nameOrUUID: arguments[1]))
        default:
            break
        }
        do {
            switch (self, try HelperArguments(arguments)) {
            case (.save, .save(let arguments)):
                finish { SaveSession(arguments, $0) }
            case (.restore, .restore(let arguments)):
                finish { RestoreSession(arguments, $0) }
            case (.save, .restore):
                try becomeSibling(.restore, arguments)
            case (.restore, .save):
                try becomeSibling(.save, arguments)
            }
        } catch {
            StandardError.writeLine("\(rawValue): \(error)\n\(usage)")
            exit(ExitStatus.usage)
        }
    }

    private func checkConfiguration(for domain: DomainIdentity?) -> Never {
        let check = ConfigurationCheck(
            environment: ProcessEnvironment.value(of:),
            domain: domain,
            xenstore: { _ in nil }
        )
        guard check.isGood else {
            StandardError.writeLine(check.text)
            exit(ExitStatus.wrongConfiguration)
        }
        printLine(check.text)
        exit(ExitStatus.success)
    }

    private func finish(_ makeSession: (LibxlChannel) -> some HelperSession) -> Never {
        // A peer that goes away is an error of a write, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        let channel = LibxlChannel(name: rawValue)
        let session = makeSession(channel)
        let conclusion = session.run()
        if let explanation = conclusion.explanation { channel.log(.error, explanation) }
        _ = channel.call(
            .complete(result: conclusion.result, errorNumber: conclusion.errorNumber)
        )
        conclusion.afterwards()
        // While libxl waits for the end of this process, the guest is paused: the memory of the
        // session, and of the process, is given back when nobody waits any more.
        xenshim_leave_memory_to_child()
        withExtendedLifetime(session) { exit(ExitStatus.success) }
    }

    /// Replaces this process by the other helper, which lies beside it: libxl knows one path only.
    private func becomeSibling(_ sibling: HelperProgram, _ arguments: [String]) throws -> Never {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = try path.withUnsafeMutableBytes { path in
            try retryingOnInterrupt("find this program") {
                path.withMemoryRebound(to: CChar.self) {
                    readlink("/proc/self/exe", $0.baseAddress.unsafelyUnwrapped, $0.count)
                }
            }
        }
        let directory = path.prefix(length).prefix(
            through: path.lastIndex(of: UInt8(ascii: "/")) ?? 0
        )
        let siblingPath = String(decoding: directory, as: UTF8.self) + sibling.rawValue
        var pointers = ([siblingPath] + arguments).map { strdup($0) } + [nil]
        execv(siblingPath, &pointers)
        throw SystemError("start \(siblingPath)", errorNumber: errno)
    }

    private func printLine(_ text: String) {
        var output = FileDescriptorSink(STDOUT_FILENO, name: "to standard output")
        let line = Array((text + "\n").utf8)
        try? line.withUnsafeBytes { try output.write([$0]) }
    }

    private var usage: String {
        """
        \(rawValue) is started by libxl in the place of its libxl-save-helper:

            LIBXL_SAVE_HELPER=/usr/lib/cloudnet/\(rawValue) xl migrate DOMAIN HOST

        Its settings can be looked at without a migration:

            \(rawValue) --check-config [DOMAIN]

        They come from the environment, \(SettingsFile.standardPath) and, for a save, from
        the domain's folder in xenstore (docs/configuration.md):

        \(SettingKey.help(for: self == .save ? SettingKey.all : SettingKey.ofRestore))
        """
    }
}

/// One save or restore.
protocol HelperSession: AnyObject {
    /// Does it all.
    func run() -> Conclusion
}
