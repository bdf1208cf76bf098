internal import CXenShim
internal import Glibc
internal import LibxlHelper
internal import PosixIO

/// What a session answers when libxenguest asks, apart from logging.
protocol XenCallbacks: AnyObject {
    func progress(source: String, doing: String, done: UInt, total: UInt)
    func suspend() -> Int32
    func postcopy() -> Int32
    func checkpoint() -> Int32
    func waitCheckpoint() -> Int32
}

extension XenCallbacks {
    /// What libxenguest calls, with `self` as context: it must outlive the interface.
    func makeTable(_ channel: LibxlChannel) -> CallbackTable {
        CallbackTable(channel, self)
    }
}

/// Carries calls from C back to a session.
final class CallbackTable {
    fileprivate let channel: LibxlChannel
    fileprivate unowned let callbacks: any XenCallbacks

    fileprivate init(_ channel: LibxlChannel, _ callbacks: any XenCallbacks) {
        self.channel = channel
        self.callbacks = callbacks
    }

    /// The table for C; valid while `self` lives.
    var pointers: xenshim_callbacks {
        xenshim_callbacks(
            context: Unmanaged.passUnretained(self).toOpaque(),
            log: { context, level, errorNumber, source, text in
                let level = LogLevel(rawValue: UInt32(level)) ?? .error
                table(context).channel.send(
                    .log(
                        level: level,
                        errorNumber: errorNumber,
                        source: string(source),
                        text: string(text)
                    )
                )
            },
            progress: { context, source, doing, done, total in
                table(context).callbacks.progress(
                    source: string(source),
                    doing: string(doing),
                    done: done,
                    total: total
                )
            },
            suspend: { table($0).callbacks.suspend() },
            postcopy: { table($0).callbacks.postcopy() },
            checkpoint: { table($0).callbacks.checkpoint() },
            wait_checkpoint: { table($0).callbacks.waitCheckpoint() },
            switch_qemu_logdirty: { context, domid, enable in
                table(context).channel.call(.switchQemuLogdirty(domid: domid, enable: enable))
            },
            static_data_done: { context, missing in
                table(context).channel.call(.staticDataDone(missing: missing))
            },
            restore_results: { context, storeGFN, consoleGFN in
                table(context).channel.send(
                    .restoreResults(storeGFN: storeGFN, consoleGFN: consoleGFN)
                )
            }
        )
    }
}

private func table(_ context: UnsafeMutableRawPointer?) -> CallbackTable {
    // SAFETY: C gives back the context of `CallbackTable.pointers`, whose owner keeps it alive.
    Unmanaged<CallbackTable>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
}

private func string(_ text: UnsafePointer<CChar>?) -> String {
    text.map { String(cString: $0) } ?? ""
}

/// An open interface to Xen.
struct XenInterface: ~Copyable {
    let shim: OpaquePointer

    /// Opens libxenctrl.
    ///
    /// - Throws: `SystemError`, if this is not root in a Xen dom0.
    init(_ table: CallbackTable) throws {
        var pointers = table.pointers
        guard let shim = xenshim_open(&pointers) else {
            throw SystemError("open the Xen control interface", errorNumber: errno)
        }
        self.shim = shim
    }

    deinit { xenshim_close(shim) }

    /// How many pages a domain has.
    ///
    /// - Throws: `SystemError`, if there is no such domain.
    func pageCount(ofDomain domid: UInt32) throws -> Int {
        let count = xenshim_count_domain_pages(shim, domid)
        guard count >= 0 else {
            throw SystemError("find domain \(domid)", errorNumber: errno)
        }
        return Int(count)
    }
}
