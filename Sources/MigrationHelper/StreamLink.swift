internal import Glibc
internal import PosixIO

/// The pipe or socket that libxl gave us to write to.
struct StreamLink {
    private let sink: FileDescriptorSink

    init(_ descriptor: Int32) {
        sink = FileDescriptorSink(descriptor, name: "the migration stream")
    }

    /// Whether nobody reads it any more.
    var isBroken: Bool { sink.isBroken }

    /// Waits until the kernel has handed on what was written.
    func waitForQueue(isInVain: () -> Bool) {
        while sink.queuedByteCount > 0, !isInVain() {
            var time = timespec(tv_sec: 0, tv_nsec: 500_000)
            nanosleep(&time, nil)
        }
    }
}
