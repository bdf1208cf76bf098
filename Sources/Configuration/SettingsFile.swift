internal import ConfigurationSyntax
internal import Glibc
internal import PosixIO

/// The configuration file: what it says in general and for single domains, and what is wrong with it.
public struct SettingsFile: Sendable {
    /// Where the file is unless `variable` names another.
    public static let standardPath = "/etc/xen/cloudnet.conf"
    /// What names another file in the environment.
    public static let variable = "CLOUDNET_CONFIG"
    /// Larger files are refused.
    static let byteCountMaximum = 1 << 20

    /// What one section says.
    struct Section {
        var entries: [Entry] = []
    }

    /// A value that its key accepts.
    struct Entry {
        let key: SettingKey
        let text: String
        let line: Int
    }

    let path: String
    /// Whether there is a file at all.
    private(set) var isPresent = true
    /// What holds for all domains.
    private(set) var general = Section()
    private var sections: [String: Section] = [:]
    /// What is wrong, in the order of lines.
    private(set) var problems: [SettingsProblem] = []

    /// Reads the file that the environment names, or the standard one, which may be missing.
    init(environment: (String) -> String?, standardPath: String) {
        let named = environment(Self.variable).flatMap { $0.isEmpty ? nil : $0 }
        path = named ?? standardPath
        do {
            parse(try readSmallFile(path, byteCountMaximum: Self.byteCountMaximum))
        } catch .missing where named == nil {
            isPresent = false
        } catch {
            note(error, line: nil)
        }
    }

    /// Takes the content of a file.
    init(path: String, content: [UInt8]) {
        self.path = path
        parse(content)
    }

    func origin(ofLine line: Int?) -> SettingOrigin {
        .file(path: path, line: line)
    }

    /// The sections for a domain, the weaker one first: by name, by UUID.
    func sections(for domain: DomainIdentity) -> [Section] {
        let keys = [domain.name, domain.uuid].map { $0.map(Self.sectionKey) }
        let uuidSection = keys[1].flatMap { isUUID($0) ? sections[$0] : nil }
        return [keys[0].flatMap { sections[$0] }, uuidSection].compactMap(\.self)
    }

    // MARK: What the file says

    private mutating func parse(_ bytes: [UInt8]) {
        do {
            let document = try TomlDocument(bytes)
            for entry in document.entries { take(entry) }
        } catch {
            note(.document(error.kind), line: error.line)
        }
    }

    private mutating func take(_ entry: TomlEntry) {
        let (path, line) = (entry.path, entry.line)
        guard path[0] == "domain" else {
            if path.count > 1 { return }  // Its table was refused.
            if let accepted = accepted(entry) { general.entries.append(accepted) }
            return
        }
        switch (path.count, entry.value) {
        case (1, .table): break
        case (1, _): note(.domainIsNoSetting, line: line)
        case (2, .table): begin(path[1], line: line)
        case (2, _):
            // `[domain]` with settings in it: no domain is named.
            note(.domainIsNoSetting, line: line)
        case (_, .table): note(.sectionInSection(domain: path[1], inner: path[2]), line: line)
        default:
            guard let accepted = accepted(entry) else { return }
            sections[Self.sectionKey(path[1]), default: Section()].entries.append(accepted)
        }
    }

    private mutating func begin(_ name: String, line: Int) {
        let key = Self.sectionKey(name)
        if sections[key] != nil { note(.sameDomainAgain(name), line: line) }
        sections[key] = sections[key] ?? Section()
    }

    /// The entry as a setting; `nil`, and a problem noted, if it is none.
    private mutating func accepted(_ entry: TomlEntry) -> Entry? {
        let (name, line) = (entry.path[entry.path.count - 1], entry.line)
        guard let key = SettingKey.named(name) else {
            note(unknown(name, entry), line: line)
            return nil
        }
        let text: String
        switch entry.value {
        case .text(let value): text = value
        case .table:
            note(.wrongType(key: name, found: "a section", accepts: key.accepts), line: line)
            return nil
        case .list:
            note(.wrongType(key: name, found: "a list", accepts: key.accepts), line: line)
            return nil
        case .other(let type):
            note(.wrongType(key: name, found: type, accepts: key.accepts), line: line)
            return nil
        }
        var scratch = Settings()
        guard key.apply(text, &scratch) else {
            let flaw = key.flaw(text)
            note(.value(key: name, text: text, flaw: flaw, accepts: key.accepts), line: line)
            return nil
        }
        return Entry(key: key, text: text, line: line)
    }

    private func unknown(_ name: String, _ entry: TomlEntry) -> SettingsProblem.Kind {
        if entry.value == .table {
            return .unknownSection(name, similar: nearestName(to: name, among: ["domain"]))
        }
        return .unknownKey(
            name,
            similar: nearestName(to: name, among: SettingKey.all.map(\.name))
        )
    }

    private mutating func note(_ kind: SettingsProblem.Kind, line: Int?) {
        problems.append(SettingsProblem(origin: origin(ofLine: line), kind: kind))
    }

    /// UUIDs are the same in both cases; names are not.
    private static func sectionKey(_ name: String) -> String {
        isUUID(name) ? name.lowercased() : name
    }
}

/// Whether a text has the form of a UUID.
private func isUUID(_ text: String) -> Bool {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
        && groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
}

/// The content of a regular file, which is not followed anywhere.
private func readSmallFile(
    _ path: String,
    byteCountMaximum: Int
) throws(SettingsProblem.Kind) -> [UInt8] {
    // A pipe in its place must not block the migration.
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
        switch errno {
        case ENOENT: throw .missing
        case ELOOP: throw .symbolicLink
        case let errorNumber:
            throw .unreadable(SystemError("read it", errorNumber: errorNumber))
        }
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw .notARegularFile
    }
    guard status.st_size <= byteCountMaximum else { throw .fileTooLarge(maximum: byteCountMaximum) }
    // One more than it may have, for a file that grows meanwhile.
    var content = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var source = FileDescriptorSource(descriptor, name: "it")
    let byteCount: Int
    do {
        byteCount = try content.withUnsafeMutableBytes { try source.read(into: $0) }
    } catch {
        throw .unreadable(error as? SystemError ?? SystemError("read it", errorNumber: EIO))
    }
    content.removeSubrange(byteCount...)
    return content
}

extension SettingsProblem.Kind: Error {}
