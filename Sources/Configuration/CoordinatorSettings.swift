internal import ConfigurationSyntax
internal import Coordination

extension SettingSyntax<String> {
    /// A name that members of a group share.
    static let name = SettingSyntax(
        accepts: "a name of up to \(CoordinatorProtocol.nameByteCountMaximum) bytes",
        read: { text in
            let isName =
                1...CoordinatorProtocol.nameByteCountMaximum ~= text.utf8.count
                && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            return isName ? text : nil
        },
        write: { $0 }
    )

    /// A file that somebody else has written.
    static let filePath = SettingSyntax(
        accepts: "the path of a file that starts with /",
        read: { text in
            let isPath =
                text.hasPrefix("/") && 2...4095 ~= text.utf8.count
                && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            return isPath ? text : nil
        },
        write: { $0 },
        flaw: { $0.hasPrefix("/") ? nil : "does not start with /" }
    )
}

extension SettingSyntax<CoordinatorAddress> {
    static let coordinatorAddress = SettingSyntax(
        accepts: CoordinatorAddress.expectation,
        read: { CoordinatorAddress($0) },
        write: { $0.description }
    )
}

extension Settings {
    /// What is wrong although each setting is right by itself.
    var contradictions: [SettingsProblem] {
        let paths: [(String, PartialKeyPath<Settings>, String?)] = [
            ("coordinator-ca", \.coordinatorAuthorityPath, coordinatorAuthorityPath),
            ("coordinator-certificate", \.coordinatorCertificatePath, coordinatorCertificatePath),
            ("coordinator-key", \.coordinatorKeyPath, coordinatorKeyPath),
        ]
        if let given = paths.first(where: { $0.2 != nil }),
            let missing = paths.first(where: { $0.2 == nil })
        {
            return [
                SettingsProblem(
                    origin: origin(of: given.1),
                    kind: .incompleteTLS(key: given.0, missing: missing.0)
                )
            ]
        }
        guard !coordinator.isLocal, paths[0].2 == nil else { return [] }
        return [
            SettingsProblem(
                origin: origin(of: \.coordinator),
                kind: .unprotected(address: coordinator.description)
            )
        ]
    }
}
