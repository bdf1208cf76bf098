internal import CXenShim
internal import Configuration
internal import Coordination
internal import Glibc
internal import LibxlHelper
internal import MigrationReport
internal import MigrationStream
internal import PageCodec
internal import PosixIO
internal import StopPolicy

/// Saves a domain: libxenguest writes into a ring, and a thread encodes from there to libxl's
/// stream.
final class SaveSession: HelperSession, XenCallbacks {
    private let arguments: SaveArguments
    private let channel: LibxlChannel
    private let xenstore: Xenstore
    /// Wakes the main thread, whatever it waits for: it looks again then.
    private let mainThread = Semaphore()
    private let thread: CodecThread
    private let link: StreamLink
    private let encoderProgress: EncoderProgress
    private let checkpoints: CheckpointGate
    private var progressTranslator = ProgressTranslator()

    // There once the settings are known.
    private var xen: XenInterface?
    private var settings: Settings?
    /// Giving back its memory takes a millisecond for each 10 MB: not before libxl knows the result.
    private var encoder: StreamEncoder<StreamRing, LimitedSink<FileDescriptorSink>>?
    private var monitor: SaveMonitor?
    /// The save's part in the group of its application, if it has one.
    private var group: GroupMembership?
    private var limit = BandwidthLimit(bytesPerSecond: nil)
    /// Waits until the link has taken all that libxenguest wrote.
    private var waitForLink: () -> Void = {}
    /// Whether nobody reads the stream any more, as was found after a round.
    private var isLinkBroken = false

    init(_ arguments: SaveArguments, _ channel: LibxlChannel) {
        self.arguments = arguments
        self.channel = channel
        xenstore = Xenstore(domid: arguments.domid)
        thread = CodecThread(waking: mainThread)
        link = StreamLink(arguments.streamDescriptor)
        encoderProgress = EncoderProgress(waking: mainThread)
        checkpoints = CheckpointGate(waking: mainThread)
    }

    private static let consequence = "the guest stays on this host"

    func run() -> Conclusion {
        var conclusion: Conclusion
        do {
            conclusion = try save()
        } catch {
            conclusion = Conclusion(error, consequence: Self.consequence)
        }
        conclusion.afterwards = { [group] in group?.leave() }
        guard conclusion.result != 0 else {
            group?.becomes(.done)
            monitor?.ended(.completed, reason: group?.stopReason ?? "")
            return conclusion
        }
        var status: MigrationStatus = Cancellation.isRequested ? .cancelled : .failed
        if let reason = monitor?.givenUpReason {
            (conclusion.errorNumber, conclusion.explanation) = (ECANCELED, reason)
            status = .failed
        }
        let reason = conclusion.explanation ?? "libxenguest failed; \(Self.consequence)"
        group?.becomes(.failed, reason: reason)
        monitor?.ended(status, reason: reason)
        return conclusion
    }

    private func save() throws -> Conclusion {
        let xen = try XenInterface(makeTable(channel))
        self.xen = xen
        let domain = try xen.description(ofDomain: arguments.domid)
        let name = xenstore.name
        let settings = try Settings.load(
            environment: ProcessEnvironment.value(of:),
            domain: DomainIdentity(name: name, uuid: domain.uuid),
            xenstore: xenstore.setting
        )
        self.settings = settings
        channel.log(settings.warnings)
        progressTranslator.guestPageCount = UInt(domain.pageCount)
        // Before there are threads, since it forks; dismissed when this block ends.
        let guardian = LogdirtyGuard(domid: arguments.domid)
        guard guardian.isRunning else {
            throw SystemError("start the guard of log-dirty mode", errorNumber: errno)
        }
        // In COLO both helpers talk in both directions; that stream stays as it is.
        let isEncoded = settings.format == .extended && arguments.streamType != .colo
        let identity = MigrationIdentity(
            domid: arguments.domid,
            name: name ?? "domain \(arguments.domid)",
            uuid: domain.uuid,
            pid: getpid()
        )
        let monitor = makeMonitor(identity, domain.pageCount, settings, isEncoded: isEncoded)
        self.monitor = monitor
        if isEncoded, arguments.streamType == .plain {
            limit.bytesPerSecond = settings.bandwidthLimit.map(Double.init)
        } else if settings.bandwidthLimit != nil {
            channel.log(.warning, "bandwidth-limit holds for live and plain extended streams only")
        }
        group = try makeGroup(monitor, identity, domain.pageCount, settings, isEncoded: isEncoded)
        let heartbeat = try startHeartbeat(monitor, settings)
        defer { heartbeat.stop() }
        guard isEncoded else { return try saveUnencoded(xen, settings) }
        let cacheSize = try chooseCacheSize(settings, guestPageCount: domain.pageCount)
        return try saveEncoded(xen, cacheSize, settings)
    }

    // MARK: Who watches

    private func makeMonitor(
        _ identity: MigrationIdentity,
        _ pageCount: Int,
        _ settings: Settings,
        isEncoded: Bool
    ) -> SaveMonitor {
        let reporter = Reporter(identity, report: settings.report) { [channel] in
            channel.log(.warning, $0)
        }
        reporter.write(
            .start(
                StartRecord(
                    totalByteCount: pageCount * PageFormat.pageByteCount,
                    stream: isEncoded ? "extended" : "stock",
                    policy: settings.policy.rawValue,
                    pauseLimitMilliseconds: settings.maxPause.map {
                        Int(milliseconds: $0.seconds)
                    },
                    bandwidthLimit: isEncoded && arguments.streamType == .plain
                        ? settings.bandwidthLimit : nil
                )
            )
        )
        return SaveMonitor(
            guestPageCount: pageCount,
            StopRules(settings),
            reporter,
            channel
        ) { [encoderProgress] in
            isEncoded
                ? SentSoFar(encoderProgress.statistics)
                : SentSoFar(unencodedByteCount: Int(xenshim_count_written_bytes()))
        }
    }

    /// Joins the application, if one is configured: after the guard, since that forks.
    private func makeGroup(
        _ monitor: SaveMonitor,
        _ identity: MigrationIdentity,
        _ pageCount: Int,
        _ settings: Settings,
        isEncoded: Bool
    ) throws -> GroupMembership? {
        guard let application = settings.application else { return nil }
        guard arguments.streamType == .plain, arguments.isLive else {
            channel.log(
                .warning,
                "application is passed over: only live migrations without checkpoints have one"
            )
            return nil
        }
        return try GroupMembership(
            Join(application, identity, pageCount: pageCount, settings),
            settings,
            monitor,
            isEncoded ? limit : nil,
            channel,
            waking: mainThread
        )
    }

    private func startHeartbeat(
        _ monitor: SaveMonitor,
        _ settings: Settings
    ) throws(SystemError) -> Heartbeat {
        let isLimitable = settings.format == .extended && arguments.streamType == .plain
        return try Heartbeat { [limit, xenstore, channel, group] in
            monitor.reportProgress()
            group?.beat()
            // What libxl does to cancel a save: libxenguest runs its error path.
            if monitor.givesUpWithinRound() { kill(getpid(), SIGTERM) }
            guard isLimitable else { return }
            do throws(SettingsError) {
                let bytesPerSecond = try settings.currentBandwidthLimit(
                    xenstore: xenstore.setting
                )
                .map(Double.init)
                guard bytesPerSecond != limit.setBytesPerSecond else { return }
                limit.bytesPerSecond = bytesPerSecond
                let text = bytesPerSecond.map { "\(Int($0)) bytes per second" } ?? "none"
                channel.log(.info, "the bandwidth limit is now: \(text)")
            } catch {
                channel.log(.debug, "\(error); the bandwidth limit stays as it is")
            }
        }
    }

    // MARK: Ways to save

    /// The configured size, which must fit, or the default for the guest, which is made to fit.
    private func chooseCacheSize(_ settings: Settings, guestPageCount: Int) throws -> CacheSize {
        let available = AvailableMemory.byteCountForCache()
        let size =
            settings.cacheSize
            ?? .default(forGuestWithPageCount: guestPageCount, availableByteCount: available)
        try size.requireAvailable(byteCount: available)
        return size
    }

    private func saveUnencoded(_ xen: XenInterface, _ settings: Settings) throws -> Conclusion {
        try Cancellation.handle(waking: mainThread, closing: arguments.streamDescriptor)
        // To decide as libxenguest does by itself, nothing may be waited for.
        if settings.policy != .stock {
            waitForLink = { [unowned self] in link.waitForQueue { Cancellation.isRequested } }
        }
        let result = saveDomain(xen, to: arguments.streamDescriptor)
        let errorNumber = errno
        if Cancellation.isRequested, result != 0 {
            return .cancelled(consequence: Self.consequence)
        }
        if result != 0, isLinkBroken { return brokenLink(errorNumber: EPIPE) }
        guard result != 0, errorNumber == EPIPE || errorNumber == ECONNRESET else {
            return Conclusion(result: result, errorNumber: errorNumber)
        }
        return brokenLink(errorNumber: errorNumber)
    }

    private func saveEncoded(
        _ xen: XenInterface,
        _ cacheSize: CacheSize,
        _ settings: Settings
    ) throws -> Conclusion {
        let ring = try StreamRing(wakingWriter: mainThread)
        let memoryDescriptor = try MemoryStream.open(ring)
        try Cancellation.handle(waking: mainThread)
        let threads = settings.threads ?? .default(processorCount: Processors.usableCount)
        channel.log(
            .debug,
            "extended stream with a page cache of \(cacheSize.byteCount >> 20) MiB, "
                + "\(threads.value) threads"
        )
        let encoder = try StreamEncoder(
            from: ring,
            to: LimitedSink(
                FileDescriptorSink(arguments.streamDescriptor, name: "the migration stream"),
                limit: limit,
                now: { PacingClock.seconds },
                sleep: PacingClock.sleepUnlessCancelled
            ),
            cacheSize: cacheSize,
            compression: settings.compression,
            goal: .sharedProcessors,
            pageClasses: settings.pageClasses,
            threads: threads
        )
        self.encoder = encoder
        try thread.start(
            { [encoderProgress, checkpoints] in
                try encoder.run { progress in
                    encoderProgress.note(progress.statistics)
                    if progress.isCheckpoint { checkpoints.open() }
                }
                return "saved in \(encoder.statistics)"
            },
            cleanup: { [checkpoints] in
                // libxenguest's next write fails, and nobody waits for a checkpoint any more.
                ring.abandon()
                checkpoints.openForEver()
            }
        )
        waitForLink = { [unowned self] in
            let isInVain = { [thread] in Cancellation.isRequested || thread.outcome != nil }
            encoderProgress.wait(
                forStockByteCount: ring.writtenByteCount,
                isInVain: isInVain
            )
            link.waitForQueue(isInVain: isInVain)
        }
        let result = saveDomain(xen, to: memoryDescriptor)
        let errorNumber = errno
        // The encoder must not wait for an END that libxenguest has not written.
        ring.finish()
        return conclude(result: result, errorNumber: errorNumber)
    }

    private func saveDomain(_ xen: XenInterface, to descriptor: Int32) -> Int32 {
        xenshim_save_domain(
            xen.shim,
            descriptor,
            arguments.backDescriptor,
            arguments.domid,
            arguments.flags,
            arguments.callbackMask,
            arguments.streamType.rawValue,
            // With checkpoints, rounds mean something else.
            arguments.streamType == .plain ? 1 : 0
        )
    }

    private func conclude(result: Int32, errorNumber: Int32) -> Conclusion {
        // A stream that libxenguest has ended counts when the last byte of it was written.
        let outcome = result == 0 ? thread.waitForEnd() : thread.outcome
        if case .finished(let summary) = outcome, result == 0 {
            let pause = monitor?.pauseMilliseconds.map { "; paused \($0) ms" } ?? ""
            channel.log(.info, summary + pause)
            return .success
        }
        if Cancellation.isRequested { return .cancelled(consequence: Self.consequence) }
        if result != 0, isLinkBroken { return brokenLink(errorNumber: EPIPE) }
        if case .failed(let error) = outcome {
            // The ring ends early only if libxenguest stopped by itself, and then its result counts:
            // a failure, or with Remus the end of the checkpoints, which is a success.
            if let error = error as? StreamError, !error.isDamage,
                result != 0 || arguments.streamType == .remus
            {
                return Conclusion(result: result, errorNumber: errorNumber)
            }
            return Conclusion(error, consequence: Self.consequence)
        }
        return Conclusion(result: result, errorNumber: errorNumber)
    }

    private func brokenLink(errorNumber: Int32) -> Conclusion {
        let error = SystemError("write the migration stream", errorNumber: errorNumber)
        return Conclusion(error, consequence: Self.consequence)
    }

    // MARK: What libxenguest asks

    func progress(source: String, doing: String, done: UInt, total: UInt) {
        let (done, total) = progressTranslator.translate(
            done: done,
            total: total,
            sentPageCount: UInt(monitor?.sentPageCount ?? 0)
        )
        let isRound = total > 0 && (monitor?.roundCount ?? 0) > 0
        let text = isRound ? monitor?.estimate.text(doing: doing) ?? doing : doing
        channel.send(.progress(source: source, doing: text, done: done, total: total))
    }

    func precopy(roundCount: Int, dirtyPageCount: Int) -> PrecopyAnswer {
        guard let monitor, let xen else { return .goOn }
        if dirtyPageCount >= 0 {
            monitor.roundBegins(pageCount: dirtyPageCount)
            group?.roundBegins()
            return .goOn
        }
        waitForLink()
        // The next write would fail: there is nothing to decide, and nothing to pause the guest for.
        if isInVain { return .abort }
        do {
            let pending = try xen.dirtyPageCount(ofDomain: arguments.domid)
            var verdict = monitor.roundEnded(dirtyPageCount: pending) { [group] verdict in
                group?.decision(after: verdict) ?? verdict.decision
            }
            if verdict.decision == .hold { verdict.decision = hold(verdict, xen) }
            switch verdict.decision {
            case .next: return .goOn
            case .stop: return .stop
            case .abort, .hold: return .abort
            }
        } catch {
            channel.log(.warning, "\(error); Xen's own rule decides when to stop")
            return roundCount >= 5 ? .stop : .goOn
        }
    }

    /// Whether the save cannot go on, as is found between rounds.
    private var isInVain: Bool {
        isLinkBroken = link.isBroken
        return isLinkBroken || Cancellation.isRequested || thread.outcome != nil
    }

    private func hold(_ verdict: Verdict, _ xen: XenInterface) -> Verdict.Decision {
        let decision = group?.hold(
            verdict,
            isInVain: { isInVain },
            dirtyPageCount: { try? xen.dirtyPageCount(ofDomain: arguments.domid) }
        )
        return decision ?? .stop
    }

    func suspend() -> Int32 {
        if arguments.streamType == .plain {
            monitor?.pauseBegins()
            group?.pauseBegins()
            if settings?.limitsFinalRound != true { limit.lift() }
        }
        let answer = channel.call(.suspend)
        if answer != 0 { group?.becomes(.suspended) }
        return answer
    }

    func postcopy() -> Int32 {
        // libxl writes to the stream next: everything before must have left (Remus).
        if arguments.streamType == .remus { checkpoints.waitUntilOpen() }
        return channel.call(.postcopy)
    }

    func checkpoint() -> Int32 {
        channel.call(.checkpoint)
    }

    func waitCheckpoint() -> Int32 {
        channel.call(.waitCheckpoint)
    }
}
