internal import CXenShim
internal import Glibc
internal import LibxlHelper
internal import PosixIO

/// What a session answers when libxenguest asks, apart from logging.
protocol XenCallbacks: AnyObject {
    func progress(source: String, doing: String, done: UInt, total: UInt)
    /// Asked before a round with the number of pages to send, after it with -1.
    func precopy(roundCount: Int, dirtyPageCount: Int) -> PrecopyAnswer
    func suspend() -> Int32
    func postcopy() -> Int32
    func checkpoint() -> Int32
    func waitCheckpoint() -> Int32
}

/// What libxenguest does after it has asked.
enum PrecopyAnswer: Int32 {
    /// It gives up, and leaves the guest in order.
    case abort = -1
    /// It goes on with rounds.
    case goOn = 0
    /// It suspends the guest and sends the rest.
    case stop = 1
}

extension XenCallbacks {
    /// Only a save has rounds.
    func precopy(roundCount: Int, dirtyPageCount: Int) -> PrecopyAnswer { .goOn }

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
            precopy: { context, round, dirtyCount in
                table(context).callbacks.precopy(
                    roundCount: Int(round),
                    dirtyPageCount: dirtyCount
                ).rawValue
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
final class XenInterface {
    let shim: OpaquePointer
    // C holds pointers into it.
    private let table: CallbackTable

    /// Opens libxenctrl.
    ///
    /// - Throws: `SystemError`, if this is not root in a Xen dom0.
    init(_ table: CallbackTable) throws {
        var pointers = table.pointers
        guard let shim = xenshim_open(&pointers) else {
            throw SystemError("open the Xen control interface", errorNumber: errno)
        }
        self.shim = shim
        self.table = table
    }

    deinit { xenshim_close(shim) }

    /// What Xen knows of a domain.
    ///
    /// - Throws: `SystemError`, if there is no such domain.
    func description(ofDomain domid: UInt32) throws -> (pageCount: Int, uuid: String) {
        var domain = xenshim_domain()
        guard xenshim_describe_domain(shim, domid, &domain) == 0 else {
            throw SystemError("find domain \(domid)", errorNumber: errno)
        }
        let digits = withUnsafeBytes(of: domain.uuid) { bytes in
            bytes.map { byte in
                let text = String(byte, radix: 16)
                return text.utf8.count == 1 ? "0" + text : text
            }
        }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
        return (Int(domain.page_count), groups.joined(separator: "-"))
    }

    /// How many pages of a domain in log-dirty mode are dirty; they stay so.
    ///
    /// - Throws: `SystemError`, if the domain is not in log-dirty mode any more.
    func dirtyPageCount(ofDomain domid: UInt32) throws -> Int {
        let count = xenshim_count_dirty_pages(shim, domid)
        guard count >= 0 else {
            throw SystemError("count the dirty pages of domain \(domid)", errorNumber: errno)
        }
        return Int(count)
    }
}
