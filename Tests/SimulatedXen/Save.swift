public import CXenGuest
internal import Glibc
internal import SimulatedGuest

/// Stands in for the function of Xen with this name.
///
/// It saves the guest of `SIMULATED_XEN_TRACE`, else it replays `SIMULATED_XEN_STREAM`.
@_cdecl("xc_domain_save")
public func saveDomain(
    _ pointer: OpaquePointer,
    _ streamDescriptor: Int32,
    _ domid: UInt32,
    _ flags: UInt32,
    _ callbacks: UnsafeMutablePointer<save_callbacks>,
    _ streamType: xc_stream_type_t,
    _ backDescriptor: Int32
) -> Int32 {
    let xen = Interface.from(pointer)
    do {
        let isSaved: Bool
        if let guest = Domain.guest {
            guard streamType == XC_STREAM_PLAIN, let rule = PrecopyRule.fromEnvironment else {
                xen.log(XTL_ERROR, "a traced guest cannot be saved like that")
                errno = EINVAL
                return -1
            }
            let save = TracedSave(
                xen,
                try guest.get(),
                rule,
                domid: domid,
                streamDescriptor,
                callbacks.pointee
            )
            isSaved = save.run(flags: flags)
        } else {
            guard let path = path("SIMULATED_XEN_STREAM") else {
                errno = ENOENT
                return -1
            }
            let stream = try RecordedStream(StreamFile(path: path))
            isSaved = replay(stream, to: streamDescriptor, xen, callbacks.pointee, streamType)
        }
        return isSaved ? 0 : -1
    } catch {
        xen.log(XTL_ERROR, "\(error)")
        errno = EINVAL
        return -1
    }
}

/// Connects the save of a traced guest with the helper that asked for it.
private final class TracedSave: SaveSurroundings {
    private let xen: Interface
    private let guest: RunningGuest
    private let rule: PrecopyRule
    private let domid: UInt32
    private let descriptor: Int32
    private let callbacks: save_callbacks
    private let events = EventLog(side: "save")

    init(
        _ xen: Interface,
        _ guest: RunningGuest,
        _ rule: PrecopyRule,
        domid: UInt32,
        _ descriptor: Int32,
        _ callbacks: save_callbacks
    ) {
        self.xen = xen
        self.guest = guest
        self.rule = rule
        self.domid = domid
        self.descriptor = descriptor
        self.callbacks = callbacks
    }

    func run(flags: UInt32) -> Bool {
        defer { events.close() }
        events.note("start", ["memory-pages": guest.tiling.memoryPageCount])
        let startSeconds = setting("SIMULATED_XEN_START_SECONDS", default: 0.0)
        guest.resume(at: now, startSeconds: startSeconds)
        var save = GuestSave(
            guest,
            isLive: flags & UInt32(XCFLAGS_LIVE) != 0,
            isVerified: flags & UInt32(XCFLAGS_DEBUG) != 0,
            self
        )
        let isSaved = save.run()
        events.note(
            "end",
            [
                "result": isSaved ? 0 : -1,
                "simulation-microseconds": Domain.simulationTime.microseconds,
            ]
        )
        let errorNumber = errno
        if isSaved, let path = path("SIMULATED_XEN_MEMORY_DIGEST") {
            writeText(guest.memoryDigest(at: now), to: path)
        }
        errno = errorNumber
        return isSaved
    }

    var now: Double { monotonicSeconds() }

    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Bool {
        writev_exact(descriptor, pieces.baseAddress, Int32(pieces.count)) == 0
    }

    func decide(_ statistics: RoundStatistics) -> PrecopyDecision {
        guard let policy = callbacks.precopy_policy else {
            return rule.decide(statistics, memoryPageCount: guest.tiling.memoryPageCount)
        }
        let decision = policy(
            precopy_stats(
                iteration: UInt32(statistics.iteration),
                total_written: UInt(statistics.totalWrittenCount),
                dirty_count: statistics.dirtyCount ?? -1
            ),
            callbacks.data
        )
        switch decision {
        case XGS_POLICY_CONTINUE_PRECOPY: return .nextRound
        case XGS_POLICY_ABORT: return .abort
        default: return .stopAndCopy
        }
    }

    func suspend() -> Bool {
        Domain.isSuspended = callbacks.suspend?(callbacks.data) ?? 0 != 0
        return Domain.isSuspended
    }

    func switchEmulatorLogdirty(_ isOn: Bool) -> Bool {
        callbacks.switch_qemu_logdirty?(domid, isOn ? 1 : 0, callbacks.data) ?? 0 == 0
    }

    func switchLogdirty(_ isOn: Bool) {
        if isOn { Logdirty.start() } else { Logdirty.stop() }
    }

    func progress(_ doing: String, _ done: Int, _ total: Int) {
        xen.progress(doing, done, total)
    }

    func logError(_ text: String) {
        xen.log(XTL_ERROR, text, errorNumber: errno)
    }

    func note(_ event: SaveEvent) {
        switch event {
        case .passBegan(let pass, let round, let pageCount):
            events.note(
                "round-begin",
                ["round": round, "dirty": pageCount],
                pass: pass.rawValue
            )
        case .passEnded(let pass, let round, let pageCount, let byteCount):
            events.note(
                "round-end",
                ["round": round, "pages": pageCount, "bytes": byteCount],
                pass: pass.rawValue
            )
        case .suspending:
            events.note("suspend")
        }
    }
}

/// Writes a short text into a file.
func writeText(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { return }
    fputs(text, file)
    fclose(file)
}
