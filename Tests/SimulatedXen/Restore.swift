public import CXenGuest
internal import Glibc
internal import SimulatedGuest

/// Stands in for the function of Xen with this name.
@_cdecl("xc_domain_restore")
public func restoreDomain(
    _ pointer: OpaquePointer,
    _ streamDescriptor: Int32,
    _ domid: UInt32,
    _ storeEventChannel: UInt32,
    _ storeFrame: UnsafeMutablePointer<UInt>,
    _ storeDomid: UInt32,
    _ consoleEventChannel: UInt32,
    _ consoleFrame: UnsafeMutablePointer<UInt>,
    _ consoleDomid: UInt32,
    _ streamType: xc_stream_type_t,
    _ callbacks: UnsafeMutablePointer<restore_callbacks>,
    _ backDescriptor: Int32
) -> Int32 {
    let xen = Interface.from(pointer)
    var output: UnsafeMutablePointer<FILE>?
    if let path = path("SIMULATED_XEN_OUTPUT") {
        output = fopen(path, "wb")
        guard output != nil else { return -1 }
    }
    defer { if let output { fclose(output) } }
    let digestPath = path("SIMULATED_XEN_MEMORY_DIGEST")
    let memory = digestPath.flatMap { _ in TargetMemory() }
    let events = EventLog(side: "restore")
    defer { events.close() }
    let restore = Restore(
        xen: xen,
        input: streamDescriptor,
        output: output,
        memory: memory,
        callbacks: callbacks.pointee,
        isCheckpointed: streamType != XC_STREAM_PLAIN,
        events: events
    )
    let isRestored = restore.run()
    let errorNumber = errno
    events.note("end", ["result": isRestored ? 0 : -1])
    guard isRestored else {
        xen.log(XTL_ERROR, "Restore failed", errorNumber: errorNumber)
        errno = errorNumber
        return -1
    }
    if let digestPath, let memory { writeText(memory.digest(), to: digestPath) }
    storeFrame.pointee = 0xfeffc
    consoleFrame.pointee = 0xfefff
    return 0
}

/// Reads a stream as `xg_sr_restore.c` does, and keeps a copy of it, or of the guest's memory.
private struct Restore {
    let xen: Interface
    let input: Int32
    let output: UnsafeMutablePointer<FILE>?
    let memory: TargetMemory?
    let callbacks: restore_callbacks
    let isCheckpointed: Bool
    let events: EventLog

    /// libxenguest takes no longer records.
    private static let recordByteCountMaximum = 8 << 20

    func run() -> Bool {
        let buffer = UnsafeMutableRawPointer.allocate(
            byteCount: Self.recordByteCountMaximum,
            alignment: 8
        )
        defer { buffer.deallocate() }
        guard copy(RecordedStream.headersByteCount, buffer) else {
            xen.log(XTL_ERROR, "Failed to read Image Header from stream", errorNumber: errno)
            return false
        }
        events.note("headers-read")
        var hasCheckpoint = false
        while true {
            guard copy(8, buffer) else {
                xen.log(
                    XTL_ERROR,
                    "Failed to read Record Header from stream",
                    errorNumber: errno
                )
                // After a checkpoint, the end of the stream means that this host takes over.
                return hasCheckpoint
            }
            let type = buffer.load(as: UInt32.self)
            let bodyByteCount = Int(buffer.load(fromByteOffset: 4, as: UInt32.self))
            let byteCount = (bodyByteCount + 7) & ~7
            guard byteCount <= Self.recordByteCountMaximum, copy(byteCount, buffer) else {
                xen.log(XTL_ERROR, "Failed to read Record data from stream", errorNumber: errno)
                return hasCheckpoint
            }
            switch type {
            case RecordType.end:
                return reportDifferences()
            case RecordType.pageData:
                guard memory?.receive(.init(start: buffer, count: bodyByteCount)) ?? true else {
                    xen.log(XTL_ERROR, "Failed to process page data")
                    errno = EINVAL
                    return false
                }
            case RecordType.verify:
                memory?.isVerifying = true
            case RecordType.staticDataEnd:
                guard callbacks.static_data_done?(0, callbacks.data) ?? 0 == 0 else { return false }
            case RecordType.checkpoint where isCheckpointed:
                guard callbacks.checkpoint?(callbacks.data) ?? 0 == XGR_CHECKPOINT_SUCCESS else {
                    return false
                }
                hasCheckpoint = true
            default:
                break
            }
        }
    }

    /// Says which pages VERIFY found to differ; as with the real one, that is no failure.
    private func reportDifferences() -> Bool {
        for pfn in memory?.differingPFNs ?? [] {
            xen.log(XTL_ERROR, "verify pfn 0x\(String(pfn, radix: 16)) failed")
        }
        return true
    }

    private func copy(_ byteCount: Int, _ buffer: UnsafeMutableRawPointer) -> Bool {
        guard read_exact(input, buffer, byteCount) == 0 else { return false }
        if let output { fwrite(buffer, 1, byteCount, output) }
        return true
    }
}
