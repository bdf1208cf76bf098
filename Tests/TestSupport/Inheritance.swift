public import Glibc

/// Lets a child that is to be spawned inherit no descriptor above `last`.
///
/// SwiftNIO accepts connections without close-on-exec: one of a test would stay open as long as the
/// child of another test that ran beside it.
public func closeDescriptors(
    above last: Int32 = STDERR_FILENO,
    with actions: inout posix_spawn_file_actions_t
) {
    // Those that are not open do no harm, and others may be opened until it is spawned.
    let end = Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 4096))
    for descriptor in last + 1..<end { posix_spawn_file_actions_addclose(&actions, descriptor) }
}
