public import CXenGuest
internal import Glibc

/// Stands in for the function of Xen with this name.
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
    guard let stream = path("SIMULATED_XEN_STREAM").flatMap(RecordedStream.init(path:)) else {
        errno = ENOENT
        return -1
    }
    let isCheckpointed = streamType != XC_STREAM_PLAIN
    let save = Save(xen, stream, streamDescriptor, callbacks.pointee, isCheckpointed)
    Logdirty.start()
    let isSaved = save.run()
    let errorNumber = errno
    // The real one does that here too, whatever happened.
    Logdirty.stop()
    errno = errorNumber
    return isSaved ? 0 : -1
}

/// Plays a recorded stream in the order and with the calls of `xg_sr_save.c`.
private struct Save {
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
            if record.type == RecordedStream.pageDataType {
                if record.round != round {
                    round = record.round
                    if round == stream.roundCount - 1, !isSuspended {
                        guard suspend() else { return false }
                        isSuspended = true
                    }
                    reportRound(round)
                }
            }
            let pieces = stream.pieces(of: record)
            guard writev_exact(descriptor, pieces, Int32(pieces.count)) == 0 else {
                return fail("page data")
            }
            stream.unmap(record.bytes)
            if record.type == RecordedStream.pageDataType {
                usleep(UInt32(setting("SIMULATED_XEN_BATCH_MICROSECONDS", default: 0)))
            }
            if record.type == RecordedStream.checkpointType, isCheckpointed {
                let isResumed = callbacks.postcopy?(callbacks.data) ?? 0 > 0
                // The real one returns success too when libxl ends the checkpoints.
                guard isResumed, callbacks.checkpoint?(callbacks.data) ?? 0 > 0 else { return true }
            }
        }
        xen.progress("Complete", 0, 0)
        return true
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
