internal import Configuration
internal import Coordination
internal import Glibc
internal import MigrationReport

extension Join {
    /// What a save says of itself to the coordinator of its application.
    init(
        _ application: String,
        _ identity: MigrationIdentity,
        pageCount: Int,
        _ settings: Settings
    ) {
        var generator = SystemRandomNumberGenerator()
        self.init(
            application: application,
            session: String(generator.next(), radix: 36) + String(generator.next(), radix: 36),
            domain: Self.bounded(identity.name),
            uuid: identity.uuid,
            host: Self.bounded(Self.hostName),
            memoryByteCount: pageCount * Measures.pageByteCount
        )
        expectedMemberCount = settings.applicationMemberCount
        link = settings.applicationLink
    }

    private static var hostName: String {
        var system = utsname()
        guard uname(&system) == 0 else { return "" }
        return withUnsafeBytes(of: system.nodename) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// As much of a name as the protocol takes: printed in one line, and not empty.
    private static func bounded(_ name: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            let isPlain =
                scalar.properties.isDefaultIgnorableCodePoint == false
                && scalar.properties.generalCategory != .control
                && scalar.properties.generalCategory != .unassigned
            scalars.append(isPlain ? scalar : "?")
        }
        var name = String(scalars)
        while name.utf8.count > CoordinatorProtocol.nameByteCountMaximum { name.removeLast() }
        return name.allSatisfy(\.isWhitespace) ? "?" : name
    }
}
