import Glibc
import SimulatedGuest

/// A helper and a link that are not there: time passes only while bytes are written.
final class ScriptedSurroundings: SaveSurroundings {
    /// What the save asked for, in order.
    enum Call: Equatable {
        case decide(RoundStatistics)
        case suspend
        case emulatorLogdirty(Bool)
        case logdirty(Bool)
        case passBegan(SavePass, round: Int, pageCount: Int)
        case passEnded(SavePass, round: Int)
    }

    var policy: (RoundStatistics) -> PrecopyDecision = { _ in .nextRound }
    var suspends = true
    var switchesEmulator = true
    /// Writes that succeed before one fails.
    var writeCountMaximum = Int.max
    var byteRate = TracedGuests.recordingRate

    private(set) var now = 100.0
    private(set) var stream: [UInt8] = []
    private(set) var calls: [Call] = []
    private(set) var errors: [String] = []
    private(set) var progress: [String] = []
    private(set) var pieceCounts: [Int] = []

    func write(_ pieces: UnsafeBufferPointer<iovec>) -> Bool {
        guard pieceCounts.count < writeCountMaximum else {
            errno = EPIPE
            return false
        }
        pieceCounts.append(pieces.count)
        for piece in pieces {
            stream += UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len)
            now += Double(piece.iov_len) / byteRate
        }
        return true
    }

    func decide(_ statistics: RoundStatistics) -> PrecopyDecision {
        calls.append(.decide(statistics))
        return policy(statistics)
    }

    func suspend() -> Bool {
        calls.append(.suspend)
        now += 0.01
        return suspends
    }

    func switchEmulatorLogdirty(_ isOn: Bool) -> Bool {
        calls.append(.emulatorLogdirty(isOn))
        return switchesEmulator
    }

    func switchLogdirty(_ isOn: Bool) { calls.append(.logdirty(isOn)) }

    func progress(_ doing: String, _ done: Int, _ total: Int) {
        progress.append(total == 0 ? doing : "\(doing): \(done) of \(total)")
    }

    func logError(_ text: String) { errors.append(text) }

    func note(_ event: SaveEvent) {
        switch event {
        case .passBegan(let pass, let round, let pageCount):
            calls.append(.passBegan(pass, round: round, pageCount: pageCount))
        case .passEnded(let pass, let round, _, _):
            calls.append(.passEnded(pass, round: round))
        case .suspending: break
        }
    }

    var passes: [SavePass] {
        calls.compactMap { if case .passBegan(let pass, _, _) = $0 { pass } else { nil } }
    }

    /// Whether the last that it heard of log-dirty mode was its end.
    var isLogdirtyOff: Bool {
        calls.last { $0 == .logdirty(true) || $0 == .logdirty(false) } == .logdirty(false)
    }

    func run(_ guest: RunningGuest, isLive: Bool = true, isVerified: Bool = false) -> Bool {
        guest.resume(at: now)
        var save = GuestSave(guest, isLive: isLive, isVerified: isVerified, self)
        return save.run()
    }

    /// The memory that a target has after it read the stream.
    func target() throws -> TargetMemory {
        guard let memory = TargetMemory() else { throw RecordedStreamError.noPages }
        let stream = try TracedGuests.stream(stream)
        for record in stream.records {
            if record.type == RecordType.verify { memory.isVerifying = true }
            guard record.type == RecordType.pageData else { continue }
            let body = stream.content[record.bytes].dropFirst(8)
            guard memory.receive(UnsafeRawBufferPointer(rebasing: body)) else {
                throw RecordedStreamError.badBatch(offset: record.bytes.lowerBound)
            }
        }
        return memory
    }
}
