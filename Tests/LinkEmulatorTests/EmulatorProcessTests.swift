import Foundation
import Glibc
import PosixIO
import TestSupport
import Testing

/// The emulator as a process.
struct EmulatorProcessTests {
    /// An emulator with pipes on both sides, of which this side has the far ends.
    private final class Rig {
        let emulator: LinkProcess
        private(set) var writeEnd: Int32
        private(set) var readEnd: Int32

        init(_ arguments: String...) throws {
            let (inRead, inWrite) = try Self.pipe()
            let (outRead, outWrite) = try Self.pipe()
            defer {
                close(inRead)
                close(outWrite)
            }
            emulator = try LinkProcess(arguments, from: inRead, to: outWrite)
            writeEnd = inWrite
            readEnd = outRead
            // A write to an emulator that has gone is an error, not the end of the tests.
            signal(SIGPIPE, SIG_IGN)
        }

        deinit {
            closeWriteEnd()
            closeReadEnd()
        }

        func closeWriteEnd() {
            if writeEnd >= 0 { close(writeEnd) }
            writeEnd = -1
        }

        func closeReadEnd() {
            if readEnd >= 0 { close(readEnd) }
            readEnd = -1
        }

        /// Writes in a thread of its own, then closes the end.
        func send(_ bytes: [UInt8]) {
            let descriptor = writeEnd
            writeEnd = -1
            Thread.detachNewThread {
                var sink = FileDescriptorSink(descriptor, name: "to the link")
                try? bytes.withUnsafeBytes { try sink.write([$0]) }
                close(descriptor)
            }
        }

        func receiveToEnd() throws -> [UInt8] {
            var content: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try retryingOnInterrupt("read") { read(readEnd, &buffer, buffer.count) }
                if count == 0 { return content }
                content += buffer.prefix(count)
            }
        }

        private static func pipe() throws -> (read: Int32, write: Int32) {
            var ends: [Int32] = [0, 0]
            try retryingOnInterrupt("open a pipe") { Glibc.pipe(&ends) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (ends[0], ends[1])
        }
    }

    private static func randomBytes(_ byteCount: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        return (0..<byteCount / 8).flatMap { _ in
            withUnsafeBytes(of: generator.next()) { Array($0) }
        }
    }

    /// So it is with all children of tests: a connection of another test stays that test's.
    @Test func aDescriptorOfAnotherTestIsNotInherited() throws {
        var ends: [Int32] = [0, 0]
        try retryingOnInterrupt("open a pipe") { pipe(&ends) }
        defer { close(ends[0]) }
        let rig = try Rig("--rate", "1M")
        close(ends[1])
        // While the emulator runs, nobody can write any more.
        var state = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        #expect(poll(&state, 1, 10_000) == 1)
        #expect(state.revents & Int16(POLLHUP) != 0)
        rig.closeWriteEnd()
        #expect(rig.emulator.waitForExit() == 0)
    }

    @Test func allBytesComeOutInOrderAndThenTheEnd() throws {
        let path = NSTemporaryDirectory() + "link-report-\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(path) }
        // More than the link holds, through odd sizes of its ring.
        let bytes = Self.randomBytes(5_000_000)
        let rig = try Rig(
            "--rate",
            "40M",
            "--rtt",
            "7ms",
            "--jitter",
            "3ms",
            "--loss",
            "0.1%",
            "--queue",
            "77777",
            "--cut",
            "50ms+100ms",
            "--report",
            path
        )
        rig.send(bytes)
        #expect(try rig.receiveToEnd() == bytes)
        #expect(rig.emulator.waitForExit() == 0)
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
                as? [String: Double]
        )
        #expect(report["bytes"] == 5_000_000)
        #expect(report["stalls"] ?? 0 >= 1)
        // 125 ms by its rate, 100 ms by the cut: neither can be shorter.
        #expect((report["last-byte-out"] ?? 0) - (report["first-byte-in"] ?? 0) >= 0.225)
    }

    @Test func anEmptyStreamEnds() throws {
        let rig = try Rig("--rate", "1M", "--rtt", "10ms")
        rig.send([])
        #expect(try rig.receiveToEnd() == [])
        #expect(rig.emulator.waitForExit() == 0)
    }

    @Test func aWriterWaitsWhenTheLinkAndItsReaderHoldNoMore() throws {
        let rig = try Rig("--rate", "1G", "--queue", "100k")
        _ = fcntl(rig.writeEnd, F_SETFL, O_NONBLOCK)
        // Nobody reads: two pipes of 64 KiB and the link take what they hold, and no byte more.
        let chunk = [UInt8](repeating: 7, count: 4096)
        var taken = 0
        var refusedInARow = 0
        while refusedInARow < 50 {
            let count = write(rig.writeEnd, chunk, chunk.count)
            if count > 0 {
                taken += count
                refusedInARow = 0
            } else {
                refusedInARow += 1
                usleep(10_000)
            }
            try #require(taken < 1_000_000)
        }
        #expect(taken >= 100_000)
        #expect(taken <= 2 * 65536 + 2 * 65536 + 4096)
        rig.closeWriteEnd()
        #expect(try rig.receiveToEnd().count == taken)
        #expect(rig.emulator.waitForExit() == 0)
    }

    @Test func aCutWithoutEndBreaksTheConnectionAtBothEnds() throws {
        let rig = try Rig("--rate", "1M", "--cut", "100ms", "--timeout", "200ms")
        let bytes = Self.randomBytes(1_000_000)
        rig.send(bytes)
        let received = try rig.receiveToEnd()
        #expect(received.count < 200_000)
        #expect(received == Array(bytes.prefix(received.count)))
        #expect(rig.emulator.waitForExit() == 1)
    }

    @Test func aWriterBehindABrokenLinkIsTold() throws {
        let rig = try Rig("--rate", "1M", "--cut", "0s", "--timeout", "50ms")
        #expect(write(rig.writeEnd, [1], 1) == 1)
        #expect(rig.emulator.waitForExit() == 1)
        #expect(write(rig.writeEnd, [1], 1) == -1 && errno == EPIPE)
    }

    @Test func aReaderThatGoesAwayIsPassedBackEvenIfNothingIsSent() throws {
        let rig = try Rig("--rate", "1M")
        rig.closeReadEnd()
        #expect(rig.emulator.waitForExit() == 1)
        #expect(write(rig.writeEnd, [1], 1) == -1 && errno == EPIPE)
    }

    @Test(arguments: [
        ["--rate", "much"], ["--rate", "1M", "--loss", "2"], [], ["--rate", "1M", "--cut", "1s+x"],
        ["--rate", "1M", "--cut", "2s", "--cut", "3s"],
    ])
    func optionsThatMakeNoSenseAreRefused(arguments: [String]) throws {
        let nowhere = open("/dev/null", O_RDWR)
        defer { close(nowhere) }
        let emulator = try LinkProcess(arguments, from: nowhere, to: nowhere)
        #expect([1, 64].contains(emulator.waitForExit()))
    }
}
