public import CXenGuest
internal import Glibc

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
    guard let output = path("SIMULATED_XEN_OUTPUT").flatMap({ fopen($0, "wb") }) else {
        errno = ENOENT
        return -1
    }
    defer { fclose(output) }
    let isCheckpointed = streamType != XC_STREAM_PLAIN
    let restore = Restore(
        xen: xen,
        input: streamDescriptor,
        output: output,
        callbacks: callbacks.pointee,
        isCheckpointed: isCheckpointed
    )
    guard restore.run() else {
        let errorNumber = errno
        xen.log(XTL_ERROR, "Restore failed", errorNumber: errorNumber)
        errno = errorNumber
        return -1
    }
    storeFrame.pointee = 0xfeffc
    consoleFrame.pointee = 0xfefff
    return 0
}

/// Reads a stream as `xg_sr_restore.c` does, and keeps a copy of it.
private struct Restore {
    let xen: Interface
    let input: Int32
    let output: UnsafeMutablePointer<FILE>
    let callbacks: restore_callbacks
    let isCheckpointed: Bool

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
            let byteCount = (Int(buffer.load(fromByteOffset: 4, as: UInt32.self)) + 7) & ~7
            guard byteCount <= Self.recordByteCountMaximum, copy(byteCount, buffer) else {
                xen.log(XTL_ERROR, "Failed to read Record data from stream", errorNumber: errno)
                return hasCheckpoint
            }
            switch type {
            case RecordedStream.endType:
                return true
            case RecordedStream.staticDataEndType:
                guard callbacks.static_data_done?(0, callbacks.data) ?? 0 == 0 else { return false }
            case RecordedStream.checkpointType where isCheckpointed:
                guard callbacks.checkpoint?(callbacks.data) ?? 0 == XGR_CHECKPOINT_SUCCESS else {
                    return false
                }
                hasCheckpoint = true
            default:
                break
            }
        }
    }

    private func copy(_ byteCount: Int, _ buffer: UnsafeMutableRawPointer) -> Bool {
        guard read_exact(input, buffer, byteCount) == 0 else { return false }
        fwrite(buffer, 1, byteCount, output)
        return true
    }
}
