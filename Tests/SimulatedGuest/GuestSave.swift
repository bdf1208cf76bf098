public import Glibc

/// What a save needs from outside: the calls that libxenguest makes.
public protocol SaveSurroundings: AnyObject {
    /// The time in seconds, for the guest.
    var now: Double { get }
    /// Writes to the stream, or fails with `errno`.
    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Bool
    /// Asks the policy.
    func decide(_ statistics: RoundStatistics) -> PrecopyDecision
    /// Asks for the suspension of the guest.
    func suspend() -> Bool
    /// Switches the tracking of the device emulator's writes on or off.
    func switchEmulatorLogdirty(_ isOn: Bool) -> Bool
    /// Switches the tracking of the guest's writes on or off.
    func switchLogdirty(_ isOn: Bool)
    func progress(_ doing: String, _ done: Int, _ total: Int)
    func logError(_ text: String)
    func note(_ event: SaveEvent)
}

/// What happened, for whoever measures.
public enum SaveEvent: Sendable, Equatable {
    /// A pass over pages; `round` counts from 0, the paused pass included.
    case passBegan(SavePass, round: Int, pageCount: Int)
    /// It was written: this many pages with content, this many bytes.
    case passEnded(SavePass, round: Int, pageCount: Int, byteCount: Int)
    /// The guest is about to be paused.
    case suspending
}

/// The passes that libxenguest makes over the pages of a guest.
public enum SavePass: String, Sendable {
    case live
    case paused
    case verify
}

/// Saves a running guest with the records, calls and order of Xen 4.17's `xg_sr_save.c`.
///
/// Plain streams only; nothing of Remus and COLO.
public struct GuestSave {
    private let guest: RunningGuest
    private let surroundings: any SaveSurroundings
    private let isLive: Bool
    private let isVerified: Bool

    private let batch = PageBatch()
    private var statistics = RoundStatistics()
    /// Pages that could not be mapped; they are sent again while the guest is paused.
    private var deferred: PageBitmap
    private var round = 0

    /// A save of a guest that is not yet in log-dirty mode.
    ///
    /// - Parameters:
    ///   - guest: It runs, if `isLive`.
    ///   - isLive: Whether it runs on while its memory is sent (`XCFLAGS_LIVE`).
    ///   - isVerified: Whether all is sent twice in the end (`XCFLAGS_DEBUG`).
    ///   - surroundings: Whom to call.
    public init(
        _ guest: RunningGuest,
        isLive: Bool,
        isVerified: Bool,
        _ surroundings: any SaveSurroundings
    ) {
        self.guest = guest
        self.isLive = isLive
        self.isVerified = isVerified
        self.surroundings = surroundings
        deferred = PageBitmap(pageCount: guest.tiling.addressSpacePageCount)
    }

    /// Does it all, and leaves log-dirty mode whatever happens.
    ///
    /// - Returns: Whether the guest was saved; if not, `errno` is that of the first failure.
    public mutating func run() -> Bool {
        let isEmulatorTracked = guest.trace.isHVM
        var isSaved = false
        if isEmulatorTracked, !surroundings.switchEmulatorLogdirty(true) {
            _ = fail("Couldn't enable qemu log-dirty mode")
            surroundings.switchLogdirty(false)
        } else {
            isSaved = writeStream()
            let errorNumber = errno
            if !isSaved { surroundings.logError("Save failed") }
            surroundings.switchLogdirty(false)
            if isEmulatorTracked, !surroundings.switchEmulatorLogdirty(false) {
                surroundings.logError("Couldn't disable qemu log-dirty mode")
            }
            errno = errorNumber
        }
        return isSaved
    }

    private mutating func writeStream() -> Bool {
        let stream = guest.trace.stream
        surroundings.progress("Start of stream", 0, 0)
        let imageHeader = stream.headers.prefix(RecordedStream.imageHeaderByteCount)
        let domainHeader = stream.headers.dropFirst(RecordedStream.imageHeaderByteCount)
        guard write(.init(rebasing: imageHeader), "Image Header"),
            write(.init(rebasing: domainHeader), "Domain Header"),
            write(guest.trace.leadingRecords)
        else { return false }
        guard isLive ? sendMemoryLive() : sendMemoryPaused() else { return false }
        guard write(guest.trace.trailingRecords) else { return false }
        surroundings.progress("End of stream", 0, 0)
        guard writeEmptyRecord(RecordType.end) else { return false }
        surroundings.progress("Complete", 0, 0)
        return true
    }

    private mutating func sendMemoryPaused() -> Bool {
        suspend() && sendAllPages(.paused, "Frames")
    }

    private mutating func sendMemoryLive() -> Bool {
        surroundings.switchLogdirty(true)
        _ = guest.takeDirtyPages(at: surroundings.now)
        guard iterate(), suspend() else { return false }
        let dirty = guest.takeDirtyPages(at: surroundings.now)
        let entryCount = dirty.count + deferred.count
        var pages = dirty
        pages.formUnion(deferred)
        let doing = "Frames iteration \(statistics.iteration)"
        guard send(pages, .paused, doing, entryCount: entryCount) else { return false }
        guard isVerified else { return true }
        return writeEmptyRecord(RecordType.verify) && sendAllPages(.verify, "Frames verify")
    }

    /// Sends rounds until the policy stops them.
    private mutating func iterate() -> Bool {
        // All pages, at first.
        var dirty: PageBitmap?
        var dirtyCount = guest.tiling.addressSpacePageCount
        while true {
            statistics.dirtyCount = dirtyCount
            let before = surroundings.decide(statistics)
            let doing = "Frames iteration \(statistics.iteration)"
            if dirtyCount > 0, before != .abort {
                guard
                    dirty.map({ send($0, .live, doing, entryCount: dirtyCount) })
                        ?? sendAllPages(.live, doing)
                else { return false }
            }
            guard before == .nextRound else { return before == .stopAndCopy || abort() }
            statistics.iteration += 1
            statistics.totalWrittenCount += dirtyCount
            statistics.dirtyCount = nil
            let after = surroundings.decide(statistics)
            guard after == .nextRound else { return after == .stopAndCopy || abort() }
            let taken = guest.takeDirtyPages(at: surroundings.now)
            dirtyCount = taken.count
            dirty = taken
        }
    }

    private func abort() -> Bool {
        surroundings.logError("Abort precopy loop")
        return false
    }

    private func suspend() -> Bool {
        surroundings.note(.suspending)
        guest.pause(at: surroundings.now)
        guard surroundings.suspend() else {
            guest.resume(at: surroundings.now)
            surroundings.logError("save callback suspend() failed: 0")
            return false
        }
        surroundings.progress("Domain now suspended", 0, 0)
        return true
    }

    // MARK: Pages

    private mutating func sendAllPages(_ pass: SavePass, _ doing: String) -> Bool {
        let count = guest.tiling.addressSpacePageCount
        return send(pass, doing, entryCount: count) { body in
            (0..<UInt32(count)).allSatisfy(body)
        }
    }

    private mutating func send(
        _ pages: PageBitmap,
        _ pass: SavePass,
        _ doing: String,
        entryCount: Int
    ) -> Bool {
        send(pass, doing, entryCount: entryCount) { body in pages.allSatisfy(body) }
    }

    /// Sends pages in batches, and reports each 4 MiB.
    private mutating func send(
        _ pass: SavePass,
        _ doing: String,
        entryCount: Int,
        _ forEachPage: ((UInt32) -> Bool) -> Bool
    ) -> Bool {
        surroundings.note(.passBegan(pass, round: round, pageCount: entryCount))
        var pfns: [UInt32] = []
        pfns.reserveCapacity(PageBatch.pageCountMaximum)
        var sum = (pageCount: 0, byteCount: 0)
        var addedCount = 0
        let isSent = forEachPage { pfn in
            if pfns.count == PageBatch.pageCountMaximum {
                guard write(pfns, &sum) else { return false }
                pfns.removeAll(keepingCapacity: true)
            }
            pfns.append(pfn)
            if addedCount % PageBatch.pageCountMaximum == 0 {
                surroundings.progress(doing, addedCount, entryCount)
            }
            addedCount += 1
            return true
        }
        guard isSent, pfns.isEmpty || write(pfns, &sum) else { return false }
        surroundings.progress(doing, entryCount, entryCount)
        surroundings.note(
            .passEnded(pass, round: round, pageCount: sum.pageCount, byteCount: sum.byteCount)
        )
        if pass != .verify { round += 1 }
        return true
    }

    private mutating func write(
        _ pfns: [UInt32],
        _ sum: inout (pageCount: Int, byteCount: Int)
    ) -> Bool {
        guest.read(pfns, at: surroundings.now, into: batch)
        // The pages of HVM guests are where they are; those of PV guests may be on their way.
        if !guest.trace.isHVM {
            for pfn in batch.absentPFNs { deferred.insert(pfn) }
        }
        guard surroundings.write(batch.record()) else {
            return fail("Failed to write page data to stream")
        }
        guest.forgetPages()
        sum.pageCount += batch.pageCount
        sum.byteCount += batch.byteCount
        statistics.sentPageCount += batch.pageCount
        return true
    }

    // MARK: Other records

    private func write(_ records: [RecordedStream.Record]) -> Bool {
        records.allSatisfy { record in
            let bytes = guest.trace.stream.content[record.bytes]
            return write(.init(rebasing: bytes), "record \(record.type)")
        }
    }

    private func writeEmptyRecord(_ type: UInt32) -> Bool {
        withUnsafeBytes(of: UInt64(type).littleEndian) { write($0, "record \(type)") }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, _ what: String) -> Bool {
        let piece = iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
            iov_len: bytes.count
        )
        let isWritten = withUnsafePointer(to: piece) {
            surroundings.write(UnsafeBufferPointer(start: $0, count: 1))
        }
        return isWritten || fail("Unable to write \(what) to stream")
    }

    /// Says what failed, and keeps the error number.
    private func fail(_ text: String) -> Bool {
        let errorNumber = errno
        surroundings.logError(text)
        errno = errorNumber
        return false
    }
}
