internal import ConfigurationSyntax

/// What can be set under one name: in the environment, in the file and in xenstore.
public struct SettingKey: Sendable {
    /// The name in the file and in xenstore: `max-pause`.
    public let name: String
    /// What can be written.
    public let accepts: String
    /// What holds if nobody writes anything, as it could be written.
    public let defaultText: String
    /// What it is for, in one line.
    public let meaning: String

    let path: any PartialKeyPath<Settings> & Sendable
    /// Sets the value from text; false, and no change, if the text is not accepted.
    let apply: @Sendable (String, inout Settings) -> Bool
    /// The value as text.
    let text: @Sendable (Settings) -> String
    let flaw: @Sendable (String) -> String?

    init<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<Settings, Value> & Sendable,
        _ syntax: SettingSyntax<Value>,
        _ meaning: String
    ) {
        self.name = name
        accepts = syntax.accepts
        defaultText = syntax.write(Settings()[keyPath: path])
        self.meaning = meaning
        self.path = path
        apply = { text, settings in
            guard let value = syntax.read(text) else { return false }
            settings[keyPath: path] = value
            return true
        }
        text = { syntax.write($0[keyPath: path]) }
        flaw = syntax.flaw
    }

    /// A value that there need not be; `word` is how its absence is written.
    init<Value: Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<Settings, Value?> & Sendable,
        _ syntax: SettingSyntax<Value>,
        or word: String,
        meaning explanation: String? = nil,
        _ meaning: String
    ) {
        self.init(name, path, syntax.optional(word, meaning: explanation), meaning)
    }

    /// The name in the environment: `CLOUDNET_MAX_PAUSE`.
    public var environmentName: String {
        "CLOUDNET_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    static func named(_ name: String) -> SettingKey? {
        all.first { $0.name == name }
    }

    static func of(_ path: PartialKeyPath<Settings>) -> SettingKey? {
        all.first { $0.path == path }
    }
}
