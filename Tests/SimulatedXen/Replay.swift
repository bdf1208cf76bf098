internal import CXenGuest
internal import Glibc
internal import SimulatedGuest

/// Writes a recorded stream as it is, with the calls that libxenguest makes meanwhile.
///
/// - Returns: Whether that worked; else `errno` says why not.
func replay(
    _ stream: RecordedStream,
    to descriptor: Int32,
    _ xen: Interface,
    _ callbacks: save_callbacks,
    _ streamType: xc_stream_type_t
) -> Bool {
    let replay = Replay(xen, stream, descriptor, callbacks, streamType != XC_STREAM_PLAIN)
    Logdirty.start()
    let isSaved = replay.run()
    let errorNumber = errno
    // The real one does that here too, whatever happened.
    Logdirty.stop()
    errno = errorNumber
    return isSaved
}

/// Plays a recorded stream in the order and with the calls of `xg_sr_save.c`.
private struct Replay {
    let xen: Interface
    let stream: RecordedStream
    let descriptor: Int32
    let callbacks: save_callbacks
    let isCheckpointed: Bool

    init(
        _ xen: Interface,
        _ stream: RecordedStream,
        _ descriptor: Int32,
        _ callbacks: save_callbacks,
        _ isCheckpointed: Bool
    ) {
        self.xen = xen
        self.stream = stream
        self.descriptor = descriptor
        self.callbacks = callbacks
        self.isCheckpointed = isCheckpointed
    }

    func run() -> Bool {
        xen.progress("Start of stream", 0, 0)
        let headers = stream.headers
        guard write_exact(descriptor, headers.baseAddress, headers.count) == 0 else {
            return fail("headers")
        }
        var round = -1
        var isSuspended = false
        for record in stream.records {
            if record.type == RecordType.pageData {
                if record.round != round {
                    round = record.round
                    if round == stream.roundCount - 1, !isSuspended {
                        guard suspend() else { return false }
                        isSuspended = true
                    }
                    reportRound(round)
                }
            }
            let pieces = pieces(of: record)
            guard writev_exact(descriptor, pieces, Int32(pieces.count)) == 0 else {
                return fail("page data")
            }
            stream.forget()
            if record.type == RecordType.pageData {
                usleep(UInt32(setting("SIMULATED_XEN_BATCH_MICROSECONDS", default: 0)))
            }
            if record.type == RecordType.checkpoint, isCheckpointed {
                let isResumed = callbacks.postcopy?(callbacks.data) ?? 0 > 0
                // The real one returns success too when libxl ends the checkpoints.
                guard isResumed, callbacks.checkpoint?(callbacks.data) ?? 0 > 0 else { return true }
            }
        }
        xen.progress("Complete", 0, 0)
        return true
    }

    /// The pieces in which libxenguest writes a record: a page batch has one for each page.
    private func pieces(of record: RecordedStream.Record) -> [iovec] {
        guard record.type == RecordType.pageData else { return [piece(record.bytes)] }
        let start = record.bytes.lowerBound
        let entriesEnd = start + 16 + 8 * stream.entryCount(of: record)
        var result = [piece(start..<entriesEnd)]
        result += stride(from: entriesEnd, to: record.bytes.upperBound, by: 4096)
            .map { piece($0..<min($0 + 4096, record.bytes.upperBound)) }
        return result
    }

    private func piece(_ range: Range<Int>) -> iovec {
        let bytes = UnsafeRawBufferPointer(rebasing: stream.content[range])
        return iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
            iov_len: bytes.count
        )
    }

    private func suspend() -> Bool {
        guard callbacks.suspend?(callbacks.data) ?? 0 != 0 else {
            xen.log(XTL_ERROR, "save callback suspend() failed: 0")
            return false
        }
        return true
    }

    private func reportRound(_ round: Int) {
        // The first round goes over the address space, which has holes.
        let total = setting("SIMULATED_XEN_PAGE_COUNT", default: 16384) * (round == 0 ? 16 : 1)
        xen.progress("Frames iteration \(round)", 0, total)
        xen.progress("Frames iteration \(round)", total / 2, total)
        xen.progress("Frames iteration \(round)", total, total)
    }

    private func fail(_ what: String) -> Bool {
        let errorNumber = errno
        xen.log(XTL_ERROR, "Failed to write \(what) to stream", errorNumber: errorNumber)
        errno = errorNumber
        return false
    }
}
