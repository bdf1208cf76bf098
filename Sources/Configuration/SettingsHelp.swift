extension SettingKey {
    /// The keys that a receiver looks at.
    public static var ofRestore: [SettingKey] {
        [SettingKey.of(\.threads)].compactMap(\.self)
    }

    /// A list of variables for `--help`, indented by four blanks.
    public static func help(for keys: [SettingKey]) -> String {
        keys.map { key in
            """
                \(key.environmentName)
                    \(key.meaning):
                    \(key.accepts) [\(key.defaultText)]
            """
        }.joined(separator: "\n")
    }
}
