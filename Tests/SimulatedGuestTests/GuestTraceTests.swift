import Glibc
import TestSupport
import Testing

@testable import SimulatedGuest

/// A recorded migration as a guest that writes to its memory.
struct GuestTraceTests {
    private var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
    private let comment: Comment = "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"

    @Test mutating func atTheRecordedPaceEachRoundIsDirtyAsRecorded() throws {
        let rounds = TracedGuests.rounds(count: 6, &generator)
        let trace = try TracedGuests.trace(StockStreamBuilder.stream(rounds: rounds))
        try expectRecordedRounds(trace)
    }

    @Test func goldenStreamsAreDirtyAsRecorded() throws {
        for name in ["pvh-live", "pv-verify"] {
            let path = "\(Repository.goldenPath)/\(name).libxc.zst"
            let trace = try TracedGuests.trace(try CompressedSource.bytes(ofFile: path))
            #expect(trace.isHVM == (name == "pvh-live"))
            #expect(trace.addressSpacePageCount == (trace.isHVM ? 1_044_480 : 24_576))
            try expectRecordedRounds(trace)
        }
    }

    private func expectRecordedRounds(_ trace: GuestTrace) throws {
        let guest = RunningGuest(trace, timeScale: 1, tiling: try GuestTiling(trace))
        guest.resume(at: 0)
        let batch = PageBatch()
        var end = 0.0
        let roundCount = trace.stream.roundCount
        try #require(roundCount > 1)
        for round in 0..<roundCount {
            let records = trace.stream.records.filter {
                $0.round == round && $0.type == RecordType.pageData && !$0.isVerifying
            }
            let recorded = records.flatMap { pages(of: $0, trace.stream) }
            let present = recorded.filter { GuestPage.hasContent(type: $0.type) }
            if round > 0 {
                #expect(guest.takeDirtyPages(at: end).pfns == present.map(\.pfn), comment)
            }
            for part in stride(from: 0, to: present.count, by: 1024) {
                let expected = Array(present[part..<min(part + 1024, present.count)])
                guest.read(expected.map { UInt32($0.pfn) }, at: end, into: batch)
                #expect(batch.pages == expected, comment)
            }
            end += Double(records.reduce(0) { $0 + $1.bytes.count }) / TracedGuests.recordingRate
        }
    }

    private func pages(of record: RecordedStream.Record, _ stream: RecordedStream) -> [GuestPage] {
        let count = stream.entryCount(of: record)
        var offset = record.bytes.lowerBound + 16 + 8 * count
        return (0..<count).map { index in
            let at = record.bytes.lowerBound + 16 + 8 * index
            let entry = stream.content.number(at: at, as: UInt64.self)
            let type = UInt8(entry >> 60)
            guard GuestPage.hasContent(type: type) else {
                return .empty(entry & PageEntry.pfnMask, type: type)
            }
            defer { offset += 4096 }
            return GuestPage(
                entry & PageEntry.pfnMask,
                type: type,
                Array(stream.content[offset..<offset + 4096])
            )
        }
    }

    @Test func aPageIsWrittenInTheSpanBeforeItsRoundAndItsLastWriteIsTheRecordedOne() {
        let times = WriteTimes(spans: [10, 2, 1])
        let writes = times.writes(pfns: [5, 9], roundsOfChains: [[1, 2, 3], [2]])
        let starts = [0.0, 10, 12]
        let ends = [10.0, 12, 13]
        for (chain, rounds) in [[1, 2, 3], [2]].enumerated() {
            for (index, round) in rounds.enumerated() {
                let own = writes.filter { $0.chain == chain && $0.version == index + 1 }
                #expect(!own.isEmpty)
                #expect(own.map(\.remaining) == (0..<UInt16(own.count)).reversed())
                #expect(own.allSatisfy { starts[round - 1]...ends[round - 1] ~= $0.seconds })
            }
        }
        #expect(writes.map(\.seconds) == writes.map(\.seconds).sorted())
    }

    @Test func theRateIsTheMostLikelyOne() {
        // A page that was in all of n equal rounds: exp(rate * span) = 2n + 1.
        for count in 2...5 {
            let times = WriteTimes(spans: Array(repeating: 3, count: count))
            let rate = times.rate(ofPageSentIn: Array(1...count))
            #expect(abs(rate - log(Double(2 * count + 1)) / 3) < 1e-6)
        }
        let times = WriteTimes(spans: [60, 8, 2, 1])
        #expect(times.rate(ofPageSentIn: [1]) == 0)
        // Clean for 8 s, for 3 s, never.
        let seldom = times.rate(ofPageSentIn: [1, 3])
        let often = times.rate(ofPageSentIn: [1, 2])
        let always = times.rate(ofPageSentIn: [1, 2, 3, 4])
        #expect(0 < seldom && seldom < often && often < always)
        #expect(always > 0.5, "also in a span of a second")
    }

    @Test func roundsWithKnownTimesLastAsLongAsTheyDid() throws {
        let text = "0,0.07\n1,70.46\n2,112.60\nend,113.6\n"
        #expect(RoundTimes.spans(in: text, roundCount: 3) == [70.46 - 0.07, 112.6 - 70.46])
        #expect(RoundTimes.spans(in: "0,0.5\n", roundCount: 1) == [])
        for wrong in [
            "", "0,0", "0,0\n1,5\n3,6", "0,0\n1,-1\n2,2", "0,0\n1,x\n2,2", "0,0\n1,1\n2,inf",
            "0,0\n1,1\nend,2", "0 0\n1 1\n2 2",
        ] {
            #expect(RoundTimes.spans(in: wrong, roundCount: 3) == nil, "\(wrong)")
        }
    }

    @Test func aRandomWriterIsFoundAgainInShorterSpans() {
        // 2000 pages, each written at random moments, at rates from 0.01 to 10 a second.
        var generator = SeededGenerator(seed: 7)
        let spans = [60.0, 8, 2, 1.5, 1]
        let rates: [Double] = (0..<2000).map { pow(10, Double($0) / 2000 * 3 - 2) }
        let rounds = rates.map { rate -> [Int] in
            (1...5).filter { round -> Bool in
                let cleanChance = exp(-rate * spans[round - 1])
                return Double.random(in: 0..<1, using: &generator) >= cleanChance
            }
        }
        let times = WriteTimes(spans: spans)
        let writes = times.writes(pfns: (0..<2000).map { UInt32($0) }, roundsOfChains: rounds)
        for seconds in [1.0, 4, 15] {
            let window = 20..<20 + seconds
            let found = Set(writes.filter { window.contains($0.seconds) }.map { $0.chain }).count
            let expected: Double = rates.reduce(0) { sum, rate in sum + 1 - exp(-rate * seconds) }
            #expect(
                (0.7...1.3).contains(Double(found) / expected),
                "\(found) of \(expected) pages in \(seconds) s"
            )
        }
    }

    @Test mutating func damagedStreamsAreRefusedOrRead() throws {
        let rounds = TracedGuests.rounds(count: 3, pageCount: 12, &generator)
        let bytes = StockStreamBuilder.stream(rounds: rounds)
        for _ in 0..<200 {
            var damaged = bytes
            if Bool.random(using: &generator) {
                damaged.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            } else {
                let offset = Int.random(in: 0..<bytes.count / 8, using: &generator)
                damaged[offset] = UInt8.random(in: 0...255, using: &generator)
            }
            do throws(any Error) {
                let guest = try TracedGuests.guest(damaged)
                guest.resume(at: 0)
                _ = guest.memoryDigest(at: 100)
            } catch {
                #expect(error is RecordedStreamError, comment)
            }
        }
    }

    @Test func whatIsNoPlainMigrationIsRefused() throws {
        var remus = StockStreamBuilder()
        remus.append(pages: [GuestPage(0, Content.zero)])
        let noPages = remus.bytes.prefix(40) + [UInt8](repeating: 0, count: 8)
        #expect(throws: RecordedStreamError.noPages) { try TracedGuests.trace(Array(noPages)) }
        remus.append(LibxcRecord.checkpoint)
        #expect(throws: RecordedStreamError.self) { try TracedGuests.trace(remus.bytes) }

        let large = StockStreamBuilder.stream(rounds: [[GuestPage(1 << 24, Content.zero)]])
        #expect(throws: RecordedStreamError.self) { try TracedGuests.trace(large) }
        #expect(throws: RecordedStreamError.self) { try TracedGuests.stream([1, 2, 3]) }
        #expect(throws: RecordedStreamError.self) { try StreamFile(path: "/nowhere") }
    }
}

extension PageBitmap {
    /// The pages in the set.
    var pfns: [UInt64] {
        var result: [UInt64] = []
        _ = allSatisfy {
            result.append(UInt64($0))
            return true
        }
        return result
    }
}

extension PageBatch {
    /// A copy of the pages that have content.
    var pages: [GuestPage] {
        var result: [GuestPage] = []
        forEachPage { pfn, type, page in
            let content = Array(UnsafeRawBufferPointer(start: page, count: 4096))
            result.append(GuestPage(UInt64(pfn), type: UInt8(type), content))
        }
        return result
    }
}
