internal import ConfigurationSyntax
internal import MigrationReport
internal import MigrationStream
internal import PageCodec

extension SettingKey {
    /// Every setting there is; messages, `--help` and `docs/configuration.md` say what is here.
    public static let all = [
        SettingKey(
            "stream",
            \.format,
            .choice([("extended", .extended), ("stock", .stock)]),
            "the format to send: ours, or Xen's own for a receiver with the stock helper"
        ),
        SettingKey(
            "cache-mib",
            \.cacheSize,
            .cacheSize,
            or: "auto",
            meaning: "half of the guest's memory, 16 to 256",
            "memory for the page cache at each end, in MiB"
        ),
        SettingKey(
            "compression",
            \.compression,
            .compression,
            "zstd for what the page classes leave; auto follows link and processor"
        ),
        SettingKey(
            "threads",
            \.threads,
            .threadCount,
            or: "auto",
            meaning: "one per processor, at most 4",
            "threads that encode or decode"
        ),
        SettingKey(
            "page-classes",
            \.pageClasses,
            .pageClasses,
            "what pages may be coded as besides raw: references (zeros too) and deltas (unchanged too); for experiments"
        ),
        SettingKey(
            "policy",
            \.policy,
            .choice([("smart", .smart), ("stock", .stock), ("observe", .observe)]),
            "who decides when to pause the guest: Smart Stop, Xen, or Xen while Smart Stop only logs"
        ),
        SettingKey(
            "max-pause",
            \.maxPause,
            .duration(from: "1ms", to: "1h"),
            or: "none",
            "how long the guest may be paused"
        ),
        SettingKey(
            "max-time",
            \.maxTime,
            .duration(from: "1s", to: "168h"),
            or: "none",
            "how long the migration may take"
        ),
        SettingKey(
            "max-bytes",
            \.maxByteCount,
            .byteCount(from: "1M", to: "1000T"),
            or: "none",
            "how much may be sent"
        ),
        SettingKey(
            "when-unmet",
            \.whenUnmet,
            .choice([("stop", .stop), ("continue", .continue), ("abort", .abort)]),
            "if max-pause, max-time or max-bytes cannot be met: finish, send more rounds, or give up"
        ),
        SettingKey(
            "min-rounds",
            \.minRoundCount,
            .number(in: 1...1000),
            "rounds to send before Smart Stop may decide"
        ),
        SettingKey(
            "bandwidth-limit",
            \.bandwidthLimit,
            .byteCount(from: "64k", to: "100G", perSecond: true),
            or: "none",
            "how much to send per second; in xenstore it can change while the migration runs"
        ),
        SettingKey(
            "limit-final-round",
            \.limitsFinalRound,
            .yesOrNo,
            "whether bandwidth-limit holds while the guest is paused, too"
        ),
        SettingKey(
            "report",
            \.report,
            .reportDestination,
            or: "none",
            "where to write a record of each round, in JSON"
        ),
        SettingKey(
            "application",
            \.application,
            .name,
            or: "none",
            "domains of the same application are paused together, as a coordinator tells them"
        ),
        SettingKey(
            "application-members",
            \.applicationMemberCount,
            .number(in: 1...1000),
            or: "unknown",
            "how many domains of the application migrate"
        ),
        SettingKey(
            "application-link",
            \.applicationLink,
            .name,
            or: "none",
            "domains of the application that name the same link share its bandwidth"
        ),
        SettingKey(
            "coordinator",
            \.coordinator,
            .coordinatorAddress,
            "where the coordinator is; TLS is needed unless that is this host"
        ),
        SettingKey(
            "coordinator-deadline",
            \.coordinatorDeadline,
            .duration(from: "1s", to: "1h"),
            "how long to wait for a coordinator that cannot be reached"
        ),
        SettingKey(
            "coordinator-lost",
            \.coordinatorLost,
            .choice([("abort", .abort), ("alone", .alone)]),
            "what to do then: give up, or migrate as if there were no application"
        ),
        SettingKey(
            "coordinator-ca",
            \.coordinatorAuthorityPath,
            .filePath,
            or: "none",
            "for TLS: the certificate of the authority that has signed both certificates, in PEM"
        ),
        SettingKey(
            "coordinator-certificate",
            \.coordinatorCertificatePath,
            .filePath,
            or: "none",
            "for TLS: the certificate of this host, in PEM"
        ),
        SettingKey(
            "coordinator-key",
            \.coordinatorKeyPath,
            .filePath,
            or: "none",
            "for TLS: its private key, in PEM"
        ),
    ]
}

extension SettingSyntax<CacheSize> {
    fileprivate static let cacheSize = SettingSyntax(
        accepts: range(CacheSize.mebibyteRange),
        read: { Int($0).flatMap(CacheSize.init(mebibytes:)) },
        write: { String($0.byteCount >> 20) }
    )
}

extension SettingSyntax<ThreadCount> {
    fileprivate static let threadCount = SettingSyntax(
        accepts: range(ThreadCount.range),
        read: { Int($0).flatMap(ThreadCount.init) },
        write: { String($0.value) }
    )
}

extension SettingSyntax<Compression> {
    fileprivate static let compression = SettingSyntax(
        accepts: Compression.expectation,
        read: { Compression($0) },
        write: { compression in
            switch compression {
            case .auto: "auto"
            case .off: "off"
            case .level(let level): String(level)
            }
        }
    )
}

extension SettingSyntax<PageClasses> {
    fileprivate static let pageClasses = SettingSyntax(
        accepts: "all, or a list of references and deltas with a comma between",
        read: { text in
            if text == "all" { return .all }
            var classes: PageClasses = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                switch word {
                case "references": classes.insert(.references)
                case "deltas": classes.insert(.deltas)
                default: return nil
                }
            }
            return classes
        },
        write: { classes in
            switch classes {
            case .all: "all"
            case .references: "references"
            default: "deltas"
            }
        }
    )
}

extension SettingSyntax<ReportDestination> {
    fileprivate static let reportDestination = SettingSyntax(
        accepts: "the path of a file that starts with /, or unix: and that of a socket",
        read: { ReportDestination($0) },
        write: { $0.description },
        flaw: { text in
            text.hasPrefix("/") || text.hasPrefix("unix:/") ? nil : "does not start with /"
        }
    )
}

private func range(_ range: ClosedRange<Int>) -> String {
    "a number from \(range.lowerBound) to \(range.upperBound)"
}
