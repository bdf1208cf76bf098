public import Coordination
public import MigrationReport
public import MigrationStream
public import PageCodec

/// All that an operator can set; `SettingKey.all` says what each of it means.
public struct Settings: Sendable {
    /// `stream`: the format that the save side writes.
    public var format = StreamFormat.extended
    /// `cache-mib`: the memory for the page cache; none means that the guest decides.
    public var cacheSize: CacheSize?
    /// `compression`: how hard to compress what the page classes leave.
    public var compression = Compression.auto
    /// `threads`: how many threads encode or decode; none means one per processor, at most four.
    public var threads: ThreadCount?
    /// `page-classes`: what pages may be coded as.
    public var pageClasses = PageClasses.all
    /// `policy`: who decides when to pause the guest.
    public var policy = StopChoice.smart
    /// `max-pause`: how long the guest may be paused.
    public var maxPause: Duration?
    /// `max-time`: how long the migration may take.
    public var maxTime: Duration?
    /// `max-bytes`: how much may be sent.
    public var maxByteCount: Int?
    /// `when-unmet`: what to do when one of these cannot be met.
    public var whenUnmet = UnmetChoice.stop
    /// `min-rounds`: how many rounds to send before Smart Stop may decide.
    public var minRoundCount = 1
    /// `bandwidth-limit`: how many bytes to send per second.
    public var bandwidthLimit: Int?
    /// `limit-final-round`: whether that holds while the guest is paused.
    public var limitsFinalRound = false
    /// `report`: where a record of each round goes.
    public var report: ReportDestination?
    /// `application`: whose domains move together; none moves alone.
    public var application: String?
    /// `application-members`: how many domains it has; none if that is not known.
    public var applicationMemberCount: Int?
    /// `application-link`: the link that the domains of the same name share.
    public var applicationLink: String?
    /// `coordinator`: who brings the domains of an application together.
    public var coordinator = CoordinatorAddress.standard
    /// `coordinator-deadline`: how long to go on without it.
    public var coordinatorDeadline = Duration.seconds(30)
    /// `coordinator-lost`: what to do then.
    public var coordinatorLost = LostChoice.abort
    /// `coordinator-ca`: the certificate of the authority for both ends of the connection to it.
    public var coordinatorAuthorityPath: String?
    /// `coordinator-certificate`: our certificate.
    public var coordinatorCertificatePath: String?
    /// `coordinator-key`: our private key.
    public var coordinatorKeyPath: String?

    /// What is wrong but was passed over, for the log.
    public internal(set) var warnings: [SettingsProblem] = []

    private var origins: [String: SettingOrigin] = [:]
    /// What holds if xenstore says nothing (any more).
    private var bandwidthLimitBeneathXenstore: Int?

    /// The defaults.
    init() {}

    /// Where a value came from: `settings.origin(of: \.maxPause)`.
    public func origin(of path: PartialKeyPath<Settings>) -> SettingOrigin {
        SettingKey.of(path).flatMap { origins[$0.name] } ?? .default
    }

    /// A setting with its value and origin: "max-pause = 300ms (from /etc/xen/cloudnet.conf line 12)".
    public func describe(_ path: PartialKeyPath<Settings>) -> String {
        SettingKey.of(path).map { describe($0) } ?? ""
    }

    func describe(_ key: SettingKey) -> String {
        "\(key.name) = \(key.text(self)) (\(origins[key.name] ?? .default))"
    }

    /// What `bandwidth-limit` is now that xenstore may have changed; a limit from the environment
    /// stays.
    ///
    /// - Parameter xenstore: What a leaf of the domain's `cloudnet` folder holds.
    /// - Returns: Bytes per second; none if there is no limit.
    /// - Throws: `SettingsError`, if the leaf makes no sense.
    public func currentBandwidthLimit(
        xenstore: (String) -> String?
    ) throws(SettingsError) -> Int? {
        if case .environment = origin(of: \.bandwidthLimit) { return bandwidthLimit }
        var changed = self
        changed.bandwidthLimit = bandwidthLimitBeneathXenstore
        guard let key = SettingKey.of(\.bandwidthLimit) else { return bandwidthLimit }
        if let problem = changed.apply(xenstore(key.name), to: key, .xenstore(leaf: key.name)) {
            throw SettingsError(problems: [problem])
        }
        return changed.bandwidthLimit
    }

    // MARK: Layers, from the weakest to the strongest

    mutating func apply(
        _ file: SettingsFile,
        domain: DomainIdentity?
    ) -> [SettingsProblem] {
        var sections = [file.general]
        if let domain { sections += file.sections(for: domain) }
        for section in sections {
            for entry in section.entries {
                _ = apply(entry.text, to: entry.key, file.origin(ofLine: entry.line))
            }
        }
        bandwidthLimitBeneathXenstore = bandwidthLimit
        // The file has looked at all its values already, those for other domains as well.
        return file.problems
    }

    mutating func applyXenstore(_ xenstore: (String) -> String?) -> [SettingsProblem] {
        SettingKey.all.compactMap { key in
            apply(xenstore(key.name), to: key, .xenstore(leaf: key.name))
        }
    }

    mutating func applyEnvironment(_ environment: (String) -> String?) -> [SettingsProblem] {
        SettingKey.all.compactMap { key in
            apply(
                environment(key.environmentName),
                to: key,
                .environment(variable: key.environmentName)
            )
        }
    }

    /// Sets one value; nothing and an empty text change nothing.
    mutating func apply(
        _ text: String?,
        to key: SettingKey,
        _ origin: SettingOrigin
    ) -> SettingsProblem? {
        guard let text, !text.isEmpty else { return nil }
        guard key.apply(text, &self) else {
            return SettingsProblem(
                origin: origin,
                kind: .value(
                    key: key.name,
                    text: text,
                    flaw: key.flaw(text),
                    accepts: key.accepts
                )
            )
        }
        origins[key.name] = origin
        return nil
    }

    /// Makes the stock behaviour complete where nothing in the environment says otherwise.
    mutating func takeWayOut(from problems: [SettingsProblem]) {
        if origin(of: \.policy) == .default {
            policy = .stock
            origins["policy"] = .wayOut
        }
        warnings = problems
    }
}
