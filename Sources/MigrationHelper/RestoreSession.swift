internal import CXenShim
internal import Configuration
internal import Glibc
internal import LibxlHelper
internal import MigrationStream
internal import PosixIO

/// Restores a domain: a thread decodes libxl's stream into a ring, from which libxenguest reads.
final class RestoreSession: HelperSession, XenCallbacks {
    private let arguments: RestoreArguments
    private let channel: LibxlChannel
    private let thread = CodecThread()
    private let checkpoints = CheckpointGate()
    private var frames = (store: UInt64(0), console: UInt64(0))
    /// Giving back its memory takes a millisecond for each 10 MB: not before libxl knows the result.
    private var decoder: StreamDecoder<FileDescriptorSource, StreamRing>?

    init(_ arguments: RestoreArguments, _ channel: LibxlChannel) {
        self.arguments = arguments
        self.channel = channel
    }

    private static let consequence = "the guest is not started here"

    func run() -> Conclusion {
        let conclusion: Conclusion
        do {
            let xen = try XenInterface(makeTable(channel))
            // In COLO both helpers talk in both directions; that stream is never encoded.
            conclusion =
                arguments.streamType == .colo ? restoreUndecoded(xen) : try restoreDecoded(xen)
        } catch {
            conclusion = Conclusion(error, consequence: Self.consequence)
        }
        // The stock helper sends these whatever the result.
        channel.send(.restoreResults(storeGFN: frames.store, consoleGFN: frames.console))
        return conclusion
    }

    private func restoreUndecoded(_ xen: XenInterface) -> Conclusion {
        let result = restoreDomain(xen, from: arguments.streamDescriptor)
        return Conclusion(result: result, errorNumber: errno)
    }

    private func restoreDecoded(_ xen: XenInterface) throws -> Conclusion {
        let ring = try StreamRing()
        let memoryDescriptor = try MemoryStream.open(ring)
        let streamDescriptor = arguments.streamDescriptor
        let settings = Settings.loadForRestore(environment: ProcessEnvironment.value(of:))
        channel.log(settings.warnings)
        let threads = settings.threads ?? .default(processorCount: Processors.usableCount)
        let decoder = StreamDecoder(
            from: FileDescriptorSource(streamDescriptor, name: "the migration stream"),
            to: ring,
            cacheByteCountMaximum: AvailableMemory.byteCountForCache(),
            threads: threads
        )
        self.decoder = decoder
        try thread.start(
            { [checkpoints] in
                let format = try decoder.run(
                    acceptsStockStream: true,
                    didDecodeCheckpoint: { checkpoints.waitUntilOpen() }
                )
                return format == .stock
                    ? "restored a stock stream" : "restored from \(decoder.statistics)"
            },
            cleanup: {
                // libxenguest reads the end of the stream, and runs its error path if it is early.
                ring.finish()
            }
        )
        let result = restoreDomain(xen, from: memoryDescriptor)
        return conclude(result: result, errorNumber: errno)
    }

    private func conclude(result: Int32, errorNumber: Int32) -> Conclusion {
        // libxenguest may have read the last byte before the thread has come to its end.
        let outcome = result == 0 ? thread.waitForEnd() : thread.outcome
        guard case .failed(let error) = outcome else {
            if case .finished(let summary) = outcome { channel.log(.debug, summary) }
            return Conclusion(result: result, errorNumber: errorNumber)
        }
        // With Remus, libxenguest takes any end of the stream for the death of the other host and
        // goes on from the last checkpoint. A damaged stream is no sign of death: started here, the
        // guest might run twice.
        let isDamaged = (error as? StreamError)?.isDamage ?? false
        guard result != 0 || isDamaged else { return .success }
        return Conclusion(error, consequence: Self.consequence)
    }

    private func restoreDomain(_ xen: XenInterface, from descriptor: Int32) -> Int32 {
        var ports = xenshim_restore_ports(
            store_evtchn: arguments.storeEventChannel,
            store_domid: arguments.storeDomid,
            console_evtchn: arguments.consoleEventChannel,
            console_domid: arguments.consoleDomid
        )
        var storeGFN: UInt64 = 0
        var consoleGFN: UInt64 = 0
        let result = xenshim_restore_domain(
            xen.shim,
            descriptor,
            arguments.backDescriptor,
            arguments.domid,
            &ports,
            arguments.callbackMask,
            arguments.streamType.rawValue,
            &storeGFN,
            &consoleGFN
        )
        frames = (storeGFN, consoleGFN)
        return result
    }

    // MARK: What libxenguest asks

    func progress(source: String, doing: String, done: UInt, total: UInt) {
        channel.send(.progress(source: source, doing: doing, done: done, total: total))
    }

    func suspend() -> Int32 {
        channel.call(.suspend)
    }

    func postcopy() -> Int32 {
        channel.call(.postcopy)
    }

    func checkpoint() -> Int32 {
        let reply = channel.call(.checkpoint)
        // libxl has read what it had in the stream; the rest is ours again.
        checkpoints.open()
        return reply
    }

    func waitCheckpoint() -> Int32 {
        channel.call(.waitCheckpoint)
    }
}
