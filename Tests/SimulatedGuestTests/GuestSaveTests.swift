import Glibc
import TestSupport
import Testing

@testable import SimulatedGuest

/// A save behaves as libxenguest's, and what arrives is what the guest had.
struct GuestSaveTests {
    private var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
    private let comment: Comment = "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"
    private let surroundings = ScriptedSurroundings()

    private mutating func guest(
        roundCount: Int = 5,
        pageCount: Int = 400,
        timeScale: Double = 1
    ) throws -> RunningGuest {
        let rounds = TracedGuests.rounds(count: roundCount, pageCount: pageCount, &generator)
        return try TracedGuests.guest(
            StockStreamBuilder.stream(rounds: rounds),
            timeScale: timeScale
        )
    }

    private func expectEqualMemory(_ guest: RunningGuest) throws {
        let target = try surroundings.target()
        #expect(target.digest() == guest.memoryDigest(at: surroundings.now), comment)
        #expect(target.differingPFNs.isEmpty, comment)
    }

    // MARK: What arrives

    @Test mutating func theTargetHasTheMemoryOfThePause() throws {
        for timeScale in [0, 0.1, 1, 7, 300] {
            for rule in [PrecopyRule.stock, .paper] {
                let save = ScriptedSurroundings()
                let guest = try guest(timeScale: timeScale)
                let memoryPageCount = guest.trace.memoryPageCount
                save.policy = { rule.decide($0, memoryPageCount: memoryPageCount) }
                #expect(save.run(guest, isVerified: true))
                let target = try save.target()
                #expect(target.digest() == guest.memoryDigest(at: save.now), comment)
                #expect(target.differingPFNs.isEmpty, comment)
            }
        }
    }

    @Test mutating func aDigestSeesEveryBit() throws {
        let guest = try guest(timeScale: 0)
        surroundings.policy = { _ in .stopAndCopy }
        #expect(surroundings.run(guest))
        let stream = try TracedGuests.stream(surroundings.stream)
        let batch = try #require(stream.records.first { $0.type == RecordType.pageData })
        let bit = Int.random(in: 0..<8 * pageByteCount, using: &generator)
        var body = Array(stream.content[batch.bytes].dropFirst(8))
        func digest() throws -> String {
            let memory = try #require(TargetMemory())
            #expect(body.withUnsafeBytes { memory.receive($0) })
            return memory.digest()
        }
        let whole = guest.memoryDigest(at: surroundings.now)
        #expect(try digest() == whole)
        body[8 + 8 * stream.entryCount(of: batch) + bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(try digest() != whole, "bit \(bit)")
    }

    @Test func aDifferenceIsFoundByVerify() throws {
        let memory = try #require(TargetMemory())
        func receive(_ page: GuestPage) -> Bool {
            StockStreamBuilder.pageDataBody([page]).withUnsafeBytes { memory.receive($0) }
        }
        #expect(receive(GuestPage(4, Content.noise(1))))
        memory.isVerifying = true
        #expect(receive(GuestPage(4, Content.noise(1))))
        #expect(memory.differingPFNs.isEmpty)
        #expect(receive(GuestPage(4, Content.noise(2))))
        #expect(memory.differingPFNs == [4])
        let short = StockStreamBuilder.pageDataBody([GuestPage(1, Content.zero)]).dropLast(9)
        #expect(!Array(short).withUnsafeBytes { memory.receive($0) })
        #expect(!receive(GuestPage(1 << 40, Content.zero)))
    }

    @Test mutating func aPausedSaveOfAnIdleGuestIsTheRecordedStream() throws {
        var rounds = TracedGuests.rounds(count: 1, pageCount: 2500, &generator)
        rounds[0][30] = .empty(30, type: 13)
        let bytes = StockStreamBuilder.stream(rounds: rounds)
        let guest = try TracedGuests.guest(bytes)
        #expect(surroundings.run(guest, isLive: false))
        #expect(surroundings.stream == bytes, comment)
        #expect(surroundings.passes == [.paused])
        #expect(!surroundings.calls.contains(.logdirty(true)))
        // Type, length, count and entries, then a piece for each page.
        let pageCounts = stride(from: 0, to: 2500, by: 1024).map { start in
            rounds[0][start..<min(start + 1024, 2500)].count { !$0.content.isEmpty }
        }
        #expect(surroundings.pieceCounts.filter { $0 > 1 } == pageCounts.map { $0 + 4 })
    }

    @Test mutating func batchesAscendAndAreFull() throws {
        let guest = try guest(pageCount: 3000, timeScale: 50)
        surroundings.policy = { PrecopyRule.stock.decide($0, memoryPageCount: 0) }
        #expect(surroundings.run(guest))
        let stream = try TracedGuests.stream(surroundings.stream)
        let batches = stream.records.filter { $0.type == RecordType.pageData }
        #expect(batches.allSatisfy { stream.entryCount(of: $0) <= 1024 })
        for round in 0..<stream.roundCount {
            let own = batches.filter { $0.round == round }
            let pfns = own.flatMap { record in
                (0..<stream.entryCount(of: record)).map {
                    let at = record.bytes.lowerBound + 16 + 8 * $0
                    return stream.content.number(at: at, as: UInt64.self) << 4
                }
            }
            #expect(zip(pfns, pfns.dropFirst()).allSatisfy { $0 < $1 })
            #expect(own.dropLast().allSatisfy { stream.entryCount(of: $0) == 1024 })
        }
    }

    // MARK: Policies

    @Test mutating func thePolicyIsAskedBeforeAndAfterEachRound() throws {
        let guest = try guest(timeScale: 1000)
        surroundings.policy = {
            $0.iteration == 2 && $0.dirtyCount == nil ? .stopAndCopy : .nextRound
        }
        #expect(surroundings.run(guest))
        let dirty = guest.trace.chains.count
        let all = guest.trace.addressSpacePageCount
        // A page that there was not at first may have come before round 0 got to it.
        let first = try #require(
            surroundings.calls.compactMap { call -> Int? in
                guard case .decide(let round) = call, round.iteration == 1 else { return nil }
                return round.sentPageCount
            }.first
        )
        #expect(guest.trace.memoryPageCount...all ~= first, comment)
        func asked(
            _ iteration: Int,
            _ total: Int,
            _ dirty: Int?,
            _ sent: Int
        )
            -> ScriptedSurroundings.Call
        {
            .decide(
                RoundStatistics(
                    iteration: iteration,
                    totalWrittenCount: total,
                    dirtyCount: dirty,
                    sentPageCount: sent
                )
            )
        }
        #expect(
            surroundings.calls == [
                .emulatorLogdirty(true), .logdirty(true),
                asked(0, 0, all, 0),
                .passBegan(.live, round: 0, pageCount: all), .passEnded(.live, round: 0),
                asked(1, all, nil, first), asked(1, all, dirty, first),
                .passBegan(.live, round: 1, pageCount: dirty), .passEnded(.live, round: 1),
                asked(2, all + dirty, nil, first + dirty), .suspend,
                .passBegan(.paused, round: 2, pageCount: dirty), .passEnded(.paused, round: 2),
                .logdirty(false), .emulatorLogdirty(false),
            ],
            comment
        )
        try expectEqualMemory(guest)
    }

    @Test mutating func stoppingBeforeARoundStillSendsItLive() throws {
        let guest = try guest(timeScale: 1000)
        surroundings.policy = {
            $0.iteration == 1 && $0.dirtyCount != nil ? .stopAndCopy : .nextRound
        }
        #expect(surroundings.run(guest))
        #expect(surroundings.passes == [.live, .live, .paused])
        try expectEqualMemory(guest)
    }

    @Test mutating func abortingLeavesTheGuestRunningAndUntracked() throws {
        for isAfterRound in [false, true] {
            let save = ScriptedSurroundings()
            let guest = try guest()
            save.policy = { ($0.dirtyCount == nil) == isAfterRound ? .abort : .nextRound }
            #expect(!save.run(guest))
            #expect(save.errors == ["Abort precopy loop", "Save failed"])
            #expect(save.isLogdirtyOff)
            #expect(save.calls.last == .emulatorLogdirty(false))
            #expect(!save.calls.contains(.suspend))
            #expect(save.passes == (isAfterRound ? [.live] : []))
            let end = save.now + 2 * guest.trace.loopSeconds
            #expect(guest.dirtyPageCount(at: end) == guest.trace.chains.count)
        }
    }

    @Test mutating func theStockRuleStopsAfterFiveRoundsOrWithFewDirtyPages() throws {
        surroundings.policy = { PrecopyRule.stock.decide($0, memoryPageCount: 400) }
        #expect(surroundings.run(try guest(timeScale: 1e6)))
        #expect(surroundings.passes == Array(repeating: .live, count: 5) + [.paused])

        let idle = ScriptedSurroundings()
        idle.policy = { PrecopyRule.stock.decide($0, memoryPageCount: 400) }
        #expect(idle.run(try guest(timeScale: 0)))
        #expect(idle.passes == [.live, .paused])
    }

    @Test func thePapersRuleLimitsRoundsAndBytes() {
        let rule = PrecopyRule.paper
        var round = RoundStatistics(iteration: 29, dirtyCount: 50, sentPageCount: 3000)
        #expect(rule.decide(round, memoryPageCount: 1000) == .nextRound)
        round.sentPageCount = 3001
        #expect(rule.decide(round, memoryPageCount: 1000) == .stopAndCopy)
        round.sentPageCount = 0
        round.iteration = 30
        #expect(rule.decide(round, memoryPageCount: 1000) == .stopAndCopy)
        round.iteration = 1
        round.dirtyCount = 49
        #expect(rule.decide(round, memoryPageCount: 1000) == .stopAndCopy)
    }

    // MARK: Progress and other guests

    @Test mutating func progressIsThatOfLibxenguest() throws {
        let guest = try guest(roundCount: 1, pageCount: 2100)
        surroundings.policy = { PrecopyRule.stock.decide($0, memoryPageCount: 400) }
        #expect(surroundings.run(guest, isVerified: true))
        let pass = ["0", "1024", "2048", "2100"]
        let paused = ["Domain now suspended", "Frames iteration 1: 0 of 0"]
            .filter { !$0.hasSuffix("of 0") }
        #expect(
            surroundings.progress.filter { $0 != "Frames iteration 1" }
                == ["Start of stream"] + pass.map { "Frames iteration 0: \($0) of 2100" } + paused
                + pass.map { "Frames verify: \($0) of 2100" } + ["End of stream", "Complete"]
        )
    }

    @Test func whatAPVGuestDidNotShowIsSentAgainWhilePaused() throws {
        var builder = StockStreamBuilder(.pv)
        builder.append(LibxcRecord.staticDataEnd)
        builder.append(pages: [
            GuestPage(0, Content.noise(1)), .empty(1, type: 15), GuestPage(2, Content.noise(2)),
        ])
        builder.append(pages: [GuestPage(0, Content.noise(3)), .empty(1, type: 15)])
        builder.appendEnd()
        let guest = try TracedGuests.guest(builder.bytes, timeScale: 0)
        #expect(!guest.trace.isHVM)
        surroundings.policy = { PrecopyRule.stock.decide($0, memoryPageCount: 400) }
        #expect(surroundings.run(guest))
        #expect(surroundings.calls.contains(.passBegan(.paused, round: 1, pageCount: 1)))
        #expect(!surroundings.calls.contains(.emulatorLogdirty(true)))
        let stream = try TracedGuests.stream(surroundings.stream)
        let final = try #require(stream.records.last { $0.type == RecordType.pageData })
        let entry = stream.content.number(at: final.bytes.lowerBound + 16, as: UInt64.self)
        #expect(stream.entryCount(of: final) == 1 && entry == 0xf << 60 | 1)
    }

    // MARK: Failures

    @Test mutating func aFailedWriteAnywhereEndsInTheErrorPath() throws {
        let stream = StockStreamBuilder.stream(rounds: TracedGuests.rounds(count: 4, &generator))
        let whole = ScriptedSurroundings()
        whole.policy = { $0.iteration == 3 ? .stopAndCopy : .nextRound }
        #expect(whole.run(try TracedGuests.guest(stream), isVerified: true))
        for count in 0..<whole.pieceCounts.count {
            let save = ScriptedSurroundings()
            save.policy = whole.policy
            save.writeCountMaximum = count
            #expect(!save.run(try TracedGuests.guest(stream), isVerified: true))
            #expect(errno == EPIPE)
            #expect(save.isLogdirtyOff)
            #expect(save.calls.last == .emulatorLogdirty(false))
            #expect(save.errors.last == "Save failed")
        }
    }

    @Test mutating func aGuestThatDoesNotSuspendRunsOn() throws {
        let guest = try guest()
        surroundings.policy = { _ in .stopAndCopy }
        surroundings.suspends = false
        #expect(!surroundings.run(guest))
        #expect(surroundings.errors == ["save callback suspend() failed: 0", "Save failed"])
        #expect(surroundings.isLogdirtyOff)
        _ = guest.takeDirtyPages(at: surroundings.now)
        #expect(guest.dirtyPageCount(at: surroundings.now + guest.trace.loopSeconds) > 0)
    }

    @Test mutating func anEmulatorThatDoesNotTrackItsWritesStopsTheSave() throws {
        surroundings.switchesEmulator = false
        #expect(!surroundings.run(try guest()))
        #expect(surroundings.errors.first == "Couldn't enable qemu log-dirty mode")
        #expect(surroundings.stream.isEmpty)
    }
}
