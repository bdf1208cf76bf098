internal import Glibc
internal import MigrationStream

/// What an operator can set in the environment, which libxl passes on from `xl` or libvirt.
struct Settings: Equatable {
    /// `CLOUDNET_STREAM`: the format that the save side writes.
    var format = StreamFormat.extended

    /// `CLOUDNET_CACHE_MIB`: the memory for the page cache; none means that the guest decides.
    var cacheSize: CacheSize?

    /// `CLOUDNET_COMPRESSION`: how hard to compress what the page classes leave.
    var compression = Compression.auto

    /// `CLOUDNET_THREADS`: how many threads encode or decode; none means one per processor, at most
    /// four.
    var threads: ThreadCount?

    /// Reads the settings; an empty value counts as none.
    ///
    /// - Throws: `SettingsError` that names the variable.
    init(environment: (String) -> String?) throws(SettingsError) {
        if let text = environment("CLOUDNET_STREAM"), !text.isEmpty {
            switch text {
            case "extended": format = .extended
            case "stock": format = .stock
            default:
                throw SettingsError(
                    name: "CLOUDNET_STREAM",
                    value: text,
                    expected: "'extended' or 'stock'"
                )
            }
        }
        if let text = environment("CLOUDNET_CACHE_MIB"), !text.isEmpty {
            cacheSize = Int(text).flatMap(CacheSize.init(mebibytes:))
            guard cacheSize != nil else {
                let range = CacheSize.mebibyteRange
                throw SettingsError(
                    name: "CLOUDNET_CACHE_MIB",
                    value: text,
                    expected: "a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
        }
        if let text = environment("CLOUDNET_COMPRESSION"), !text.isEmpty {
            guard let compression = Compression(text) else {
                throw SettingsError(
                    name: "CLOUDNET_COMPRESSION",
                    value: text,
                    expected: Compression.expectation
                )
            }
            self.compression = compression
        }
        if let text = environment("CLOUDNET_THREADS"), !text.isEmpty {
            threads = Int(text).flatMap(ThreadCount.init)
            guard threads != nil else {
                let range = ThreadCount.range
                throw SettingsError(
                    name: "CLOUDNET_THREADS",
                    value: text,
                    expected: "a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
        }
    }

    /// The settings of this process.
    static func ofProcess() throws(SettingsError) -> Settings {
        try Settings { name in getenv(name).map { String(cString: $0) } }
    }
}

/// A setting that makes no sense; the migration does not start.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let name: String
    let value: String
    let expected: String

    var description: String {
        "\(name) is '\(value)', but must be \(expected); unset it for the default"
    }
}
