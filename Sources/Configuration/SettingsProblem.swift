public import ConfigurationSyntax
public import PosixIO

/// One thing that is wrong with the configuration, and where.
public struct SettingsProblem: Equatable, Sendable {
    /// Where it is.
    public let origin: SettingOrigin
    /// What it is.
    public let kind: Kind

    /// Everything that can be wrong.
    public enum Kind: Equatable, Sendable {
        /// A value is not accepted; the flaw says why if it is a common one.
        case value(key: String, text: String, flaw: String?, accepts: String)
        /// A value of the file is of a type that no setting has: "a list".
        case wrongType(key: String, found: String, accepts: String)
        /// Of the three files for TLS, one is named and another is not.
        case incompleteTLS(key: String, missing: String)
        /// The coordinator is another host, and no files for TLS are named.
        case unprotected(address: String)
        /// There is no such key; another one is similar.
        case unknownKey(String, similar: String?)
        /// There is no such section; sections are for domains.
        case unknownSection(String, similar: String?)
        /// The key of the sections is used as a setting.
        case domainIsNoSetting
        /// A section has a section: a name with dots was not quoted.
        case sectionInSection(domain: String, inner: String)
        /// Two sections are for the same UUID.
        case sameDomainAgain(String)
        /// The file is not TOML, or not what is read of it.
        case document(TomlDocument.Refusal.Kind)
        /// The file is too large.
        case fileTooLarge(maximum: Int)
        /// The file is a folder, a device or a pipe.
        case notARegularFile
        /// The file is a symbolic link.
        case symbolicLink
        /// The file that `CLOUDNET_CONFIG` names is not there.
        case missing
        /// The file cannot be read.
        case unreadable(SystemError)
    }
}

extension SettingsProblem: CustomStringConvertible {
    /// Where, what, and what would be right, in one line.
    public var description: String {
        if case .value(_, let text, let flaw, let accepts) = kind,
            case .environment(let variable) = origin
        {
            return "\(variable) is \(isWrong(text, flaw, accepts)); unset it for the default"
        }
        return "\(origin.place): \(what)"
    }

    private var what: String {
        switch kind {
        case .value(let key, let text, let flaw, let accepts):
            "\(key) is \(isWrong(text, flaw, accepts))"
        case .wrongType(let key, let found, let accepts):
            "\(key) is \(found), but must be \(accepts)"
        case .incompleteTLS(let key, let missing):
            "\(key) is set and \(missing) is not; TLS needs coordinator-ca, "
                + "coordinator-certificate and coordinator-key"
        case .unprotected(let address):
            "coordinator is \(quoted(address)), which is another host and needs TLS: set "
                + "coordinator-ca, coordinator-certificate and coordinator-key"
        case .unknownKey(let key, let similar):
            "there is no setting \(quoted(key)); "
                + didYouMean(
                    similar,
                    else: "the settings are "
                        + SettingKey.all.map(\.name).joined(separator: ", ")
                )
        case .unknownSection(let name, let similar):
            "there is no section \(quoted(name)); "
                + didYouMean(similar, else: "a section is for a domain: [domain.\(tomlKey(name))]")
        case .domainIsNoSetting:
            "'domain' is no setting; a section for a domain starts with [domain.NAME]"
        case .sectionInSection(let domain, let inner):
            "the section of domain \(quoted(domain)) has a section \(quoted(inner)); "
                + "a name with dots needs quotation marks: "
                + "[domain.\"\(printable(domain)).\(printable(inner))\"]"
        case .sameDomainAgain(let name):
            "there is a section for domain \(quoted(name)) already"
        case .document(let refusal):
            "\(refusal)"
        case .fileTooLarge(let maximum):
            "the file has more than \(maximum) bytes, which no configuration needs"
        case .notARegularFile:
            "this is no regular file"
        case .symbolicLink:
            "this is a symbolic link, which is not followed; name the file itself in "
                + SettingsFile.variable
        case .missing:
            "there is no such file, but \(SettingsFile.variable) names it"
        case .unreadable(let error):
            "\(error)"
        }
    }

    private func didYouMean(_ similar: String?, else text: String) -> String {
        similar.map { "did you mean \($0)?" } ?? text
    }

    private func isWrong(_ text: String, _ flaw: String?, _ accepts: String) -> String {
        "\(quoted(text))\(flaw.map { ", which \($0)" } ?? ""), but must be \(accepts)"
    }
}

/// A configuration that makes no sense; the migration does not start.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// All that is wrong; at least one.
    public let problems: [SettingsProblem]

    /// The first problem and the ways out, in one line for libxl's log.
    public var description: String {
        let first = problems.first.map(\.description) ?? ""
        let others = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        return "\(first)\(others); cloudnet-save --check-config shows all settings; "
            + Self.wayOut
    }

    static let wayOut =
        "to migrate as Xen does, set CLOUDNET_STREAM=stock or unset LIBXL_SAVE_HELPER"
}

/// A name as TOML wants it as a key.
private func tomlKey(_ name: String) -> String {
    let isBare = name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
    return isBare ? printable(name) : "\"\(printable(name))\""
}
