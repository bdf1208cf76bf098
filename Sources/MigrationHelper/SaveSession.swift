internal import CXenShim
internal import Configuration
internal import Glibc
internal import LibxlHelper
internal import MigrationStream
internal import PageCodec
internal import PosixIO
internal import Synchronization

/// Saves a domain: libxenguest writes into a ring, and a thread encodes from there to libxl's
/// stream.
final class SaveSession: XenCallbacks {
    private let arguments: SaveArguments
    private let channel: LibxlChannel
    /// Wakes the main thread, whatever it waits for: it looks again then.
    private let mainThread = Semaphore()
    private let thread: CodecThread
    private let statistics = SharedStatistics()
    private let checkpoints: CheckpointGate
    private var progressTranslator = ProgressTranslator()
    private var suspendedAt: ContinuousClock.Instant?

    init(_ arguments: SaveArguments, _ channel: LibxlChannel) {
        self.arguments = arguments
        self.channel = channel
        thread = CodecThread(waking: mainThread)
        checkpoints = CheckpointGate(waking: mainThread)
    }

    private static let consequence = "the guest stays on this host"

    func run() -> Conclusion {
        do {
            let settings = try Settings.load(
                environment: ProcessEnvironment.value(of:),
                domain: nil,
                xenstore: { _ in nil }
            )
            channel.log(settings.warnings)
            let table = makeTable(channel)
            return try withExtendedLifetime(table) {
                let xen = try XenInterface(table)
                let pageCount = try xen.pageCount(ofDomain: arguments.domid)
                progressTranslator.guestPageCount = UInt(pageCount)
                // Before there are threads, since it forks; dismissed when this block ends.
                let guardian = LogdirtyGuard(domid: arguments.domid)
                guard guardian.isRunning else {
                    throw SystemError("start the guard of log-dirty mode", errorNumber: errno)
                }
                // In COLO both helpers talk in both directions; that stream stays as it is.
                if settings.format == .stock || arguments.streamType == .colo {
                    return try saveUnencoded(xen)
                }
                let cacheSize = try chooseCacheSize(settings, guestPageCount: pageCount)
                return try saveEncoded(xen, cacheSize, settings)
            }
        } catch {
            return Conclusion(error, consequence: Self.consequence)
        }
    }

    /// The configured size, which must fit, or the default for the guest, which is made to fit.
    private func chooseCacheSize(_ settings: Settings, guestPageCount: Int) throws -> CacheSize {
        let available = AvailableMemory.byteCountForCache()
        let size =
            settings.cacheSize
            ?? .default(forGuestWithPageCount: guestPageCount, availableByteCount: available)
        try size.requireAvailable(byteCount: available)
        return size
    }

    private func saveUnencoded(_ xen: borrowing XenInterface) throws -> Conclusion {
        try Cancellation.handle(waking: mainThread, closing: arguments.streamDescriptor)
        let result = saveDomain(xen, to: arguments.streamDescriptor)
        let errorNumber = errno
        if Cancellation.isRequested, result != 0 {
            return .cancelled(consequence: Self.consequence)
        }
        guard result != 0, errorNumber == EPIPE || errorNumber == ECONNRESET else {
            return Conclusion(result: result, errorNumber: errorNumber)
        }
        let error = SystemError("write the migration stream", errorNumber: errorNumber)
        return Conclusion(error, consequence: Self.consequence)
    }

    private func saveEncoded(
        _ xen: borrowing XenInterface,
        _ cacheSize: CacheSize,
        _ settings: Settings
    ) throws -> Conclusion {
        let ring = try StreamRing(wakingWriter: mainThread)
        let memoryDescriptor = try MemoryStream.open(ring)
        try Cancellation.handle(waking: mainThread)
        let streamDescriptor = arguments.streamDescriptor
        let threads = settings.threads ?? .default(processorCount: Processors.usableCount)
        channel.log(
            .debug,
            "extended stream with a page cache of \(cacheSize.byteCount >> 20) MiB, "
                + "\(threads.value) threads"
        )
        try thread.start(
            { [statistics, checkpoints] in
                let encoder = try StreamEncoder(
                    from: ring,
                    to: FileDescriptorSink(streamDescriptor, name: "the migration stream"),
                    cacheSize: cacheSize,
                    compression: settings.compression,
                    threads: threads
                )
                try encoder.run { progress in
                    statistics.value = progress.statistics
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
        let result = saveDomain(xen, to: memoryDescriptor)
        let errorNumber = errno
        // The encoder must not wait for an END that libxenguest has not written.
        ring.finish()
        return conclude(result: result, errorNumber: errorNumber)
    }

    private func saveDomain(_ xen: borrowing XenInterface, to descriptor: Int32) -> Int32 {
        xenshim_save_domain(
            xen.shim,
            descriptor,
            arguments.backDescriptor,
            arguments.domid,
            arguments.flags,
            arguments.callbackMask,
            arguments.streamType.rawValue
        )
    }

    private func conclude(result: Int32, errorNumber: Int32) -> Conclusion {
        // A stream that libxenguest has ended counts when the last byte of it was written.
        let outcome = result == 0 ? thread.waitForEnd() : thread.outcome
        if case .finished(let summary) = outcome, result == 0 {
            channel.log(.info, summary + pause)
            return .success
        }
        if Cancellation.isRequested { return .cancelled(consequence: Self.consequence) }
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

    private var pause: String {
        guard let suspendedAt else { return "" }
        let pause = ContinuousClock.now - suspendedAt
        let milliseconds =
            pause.components.seconds * 1000
            + pause.components.attoseconds / 1_000_000_000_000_000
        return "; paused \(milliseconds) ms"
    }

    // MARK: What libxenguest asks

    func progress(source: String, doing: String, done: UInt, total: UInt) {
        let sentPageCount = UInt(statistics.value.pageCount)
        let (done, total) = progressTranslator.translate(
            done: done,
            total: total,
            sentPageCount: sentPageCount
        )
        channel.send(.progress(source: source, doing: doing, done: done, total: total))
    }

    func suspend() -> Int32 {
        suspendedAt = .now
        return channel.call(.suspend)
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

/// What the encoding thread has done so far, for the main thread to report.
private final class SharedStatistics: Sendable {
    private let mutex = Mutex(StreamStatistics())

    var value: StreamStatistics {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }
}
