import Dispatch
import Glibc
import PosixIO
import TestSupport
import Testing

@testable import MigrationHelper

/// The ring between libxenguest and the codec; the reader is always the thread of the test.
@Suite struct StreamRingTests {
    private static let capacity = 1 << 16

    @Test func aPieceLiesInOnePieceAcrossTheEndOfTheMemory() throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        let first = bytes(count: Self.capacity / 2 + 1000, seed: 1)
        let second = bytes(count: Self.capacity / 2, seed: 2)
        try ring.write(pieces: [first])
        #expect(read(first.count, from: ring) == first)
        try ring.write(pieces: [second])
        #expect(Array(ring.next(second.count, scratch: noScratch)) == second)
    }

    @Test func emptyPiecesAndNoPiecesAreWritten() throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        try ring.write(pieces: [])
        try ring.write(pieces: [[], [1, 2], [], [3]])
        ring.finish()
        #expect(read(10, from: ring) == [1, 2, 3])
    }

    @Test func theReaderSeesTheEndAfterAllThatWasWritten() throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        try ring.write(pieces: [[1, 2, 3]])
        ring.finish()
        #expect(Array(ring.next(2, scratch: noScratch)) == [1, 2])
        #expect(Array(ring.next(2, scratch: noScratch)) == [3])
        #expect(ring.next(2, scratch: noScratch).isEmpty)
    }

    @Test func aReaderThatWaitsSeesTheEnd() throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        DispatchQueue.global().async {
            usleep(20_000)
            ring.finish()
        }
        #expect(ring.next(1, scratch: noScratch).isEmpty)
    }

    @Test func aWriteAfterTheReaderHasGoneFails() throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        try ring.write(pieces: [[1]])
        ring.abandon()
        let error = #expect(throws: SystemError.self) { try ring.write(pieces: [[2]]) }
        #expect(error?.errorNumber == EPIPE)
    }

    @Test func aWriterThatWaitsForRoomFailsWhenTheReaderGoes() async throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        let content = bytes(count: Self.capacity + 1, seed: 3)
        async let errorNumber = write(inBackground: [content], to: ring)
        usleep(20_000)
        ring.abandon()
        #expect(await errorNumber == EPIPE)
    }

    @Test func aWriterWaitsForTheReaderAndLosesNothing() async throws {
        let ring = try StreamRing(byteCount: Self.capacity)
        let content = bytes(count: 5 * Self.capacity + 123, seed: 4)
        async let errorNumber = write(inBackground: [content], to: ring)
        #expect(read(content.count, from: ring) == content)
        #expect(await errorNumber == nil)
    }

    @Test func anySizesArriveInOrder() async throws {
        let seed = SeededGenerator.seedOfRun
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let ring = try StreamRing(byteCount: Self.capacity)
            let writes = (0..<200).map { _ in
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    bytes(
                        count: size(upTo: Self.capacity, &generator),
                        seed: generator.next()
                    )
                }
            }
            let expected = writes.flatMap { $0.flatMap { $0 } }
            DispatchQueue.global().async {
                for pieces in writes { try? ring.write(pieces: pieces) }
                ring.finish()
            }
            var received: [UInt8] = []
            while true {
                let wanted = 1 + size(upTo: Self.capacity / 2 - 1, &generator)
                let part = ring.next(wanted, scratch: noScratch)
                received += part
                if part.count < wanted { break }
            }
            #expect(received == expected, "CLOUDNET_TEST_SEED=\(seed)")
        }
    }

    // MARK: Common steps

    private var noScratch: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    private func read(_ byteCount: Int, from ring: StreamRing) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = ring.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Writes on another thread.
    ///
    /// - Returns: The number of the error, if there was one.
    private func write(inBackground pieces: [[UInt8]], to ring: StreamRing) async -> Int32? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do {
                    try ring.write(pieces: pieces)
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: (error as? SystemError)?.errorNumber)
                }
            }
        }
    }
}

extension StreamRing {
    fileprivate func write(pieces: [[UInt8]]) throws {
        try pieces.flatMap { $0 }.withUnsafeBytes { content in
            var rest = content[...]
            try write(
                pieces.map { piece in
                    defer { rest = rest.dropFirst(piece.count) }
                    return UnsafeRawBufferPointer(rebasing: rest.prefix(piece.count))
                }
            )
        }
    }
}

private func bytes(count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let words = (0..<(count + 7) / 8).map { _ in generator.next() }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// Small sizes as often as large ones.
private func size(upTo maximum: Int, _ generator: inout SeededGenerator) -> Int {
    Bool.random(using: &generator)
        ? Int.random(in: 0...min(64, maximum), using: &generator)
        : Int.random(in: 0...maximum, using: &generator)
}
