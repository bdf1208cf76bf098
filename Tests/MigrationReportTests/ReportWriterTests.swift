import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MigrationReport

/// The warnings that a writer gave.
final class Warnings: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }
    func add(_ text: String) { list.withLock { $0.append(text) } }
}

/// A Unix socket that listens and, if it is asked to, reads.
final class Listener {
    let path: String
    private let descriptor: Int32

    init(in folder: TemporaryFolder) {
        path = folder.path + "/socket"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafeBytes(of: &address) { address in
            let pointer = address.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            _ = bind(descriptor, pointer, socklen_t(address.count))
        }
        listen(descriptor, 4)
    }

    deinit { close(descriptor) }

    func accept() -> Int32 { Glibc.accept(descriptor, nil, nil) }

    /// All that comes until the writer closes, or all that has come.
    static func readAll(_ descriptor: Int32, flags: Int32 = 0) -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, flags)
            if count <= 0 { return result }
            result += buffer.prefix(count)
        }
    }
}

struct ReportWriterTests {
    private let folder: TemporaryFolder
    private let warnings = Warnings()

    init() throws { folder = try TemporaryFolder() }

    private func writer(_ destination: String) throws -> ReportWriter {
        writer(try #require(ReportDestination(destination)))
    }

    private func writer(_ destination: ReportDestination) -> ReportWriter {
        ReportWriter(destination) { [warnings] in warnings.add($0) }
    }

    private func names(_ bytes: some Sequence<UInt8>) throws -> [String] {
        try Array(bytes).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(ReportLine.self, from: Data($0)).migration.name
        }
    }

    @Test func destinationsAreReadAsWritten() {
        #expect(ReportDestination("/a b") == .file("/a b"))
        #expect(ReportDestination("unix:/run/x") == .socket("/run/x"))
        #expect(ReportDestination("unix:/run/x")?.description == "unix:/run/x")
        #expect(ReportDestination("") == nil)
        #expect(ReportDestination("unix:") == nil)
    }

    @Test func linesAreAppended() throws {
        let path = folder.path + "/report"
        for name in ["a", "b"] {
            let writer = try writer(path)
            writer.write(Example.line(.start(Example.start), name: name))
            writer.write(Example.line(.end(Example.end), name: name))
            writer.finish()
        }
        #expect(try names(folder.text(of: "report").utf8) == ["a", "a", "b", "b"])
        #expect(warnings.all.isEmpty)
    }

    @Test func aLineThatWasCutOffDoesNotSpoilTheNextOne() throws {
        try folder.write("{\"event\":\"st", to: "report")
        let writer = try writer(folder.path + "/report")
        writer.write(Example.line(.start(Example.start)))
        let lines = try folder.text(of: "report").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(try names(lines[1].utf8) == ["shop"])
    }

    @Test func aFullDiskEndsTheReportWithOneWarning() throws {
        let writer = try writer("/dev/full")
        for _ in 0..<3 { writer.write(Example.line(.start(Example.start))) }
        writer.finish()
        #expect(!writer.isWorking)
        #expect(
            warnings.all == [
                "cannot write '/dev/full': No space left on device; the report ends here, "
                    + "the migration goes on"
            ]
        )
    }

    @Test(arguments: ["/missing/report", "", "unix:/missing/socket"])
    func whatCannotBeOpenedIsOneWarning(_ suffix: String) throws {
        let isSocket = suffix.hasPrefix("unix:")
        let writer = try writer(
            isSocket ? "unix:\(folder.path)/missing" : folder.path + suffix
        )
        writer.write(Example.line(.start(Example.start)))
        writer.write(Example.line(.end(Example.end)))
        writer.finish()
        #expect(warnings.all.count == 1)
        #expect(warnings.all.first?.hasSuffix("the migration goes on") == true)
    }

    @Test func aPathTooLongForASocketIsAWarning() {
        let writer = writer(.socket("/" + String(repeating: "x", count: 200)))
        #expect(!writer.isWorking)
        #expect(warnings.all.count == 1)
    }

    @Test func aPipeThatNobodyReadsIsNotWaitedFor() throws {
        mkfifo(folder.path + "/pipe", 0o600)
        let writer = try writer(folder.path + "/pipe")
        #expect(!writer.isWorking)
        #expect(warnings.all.count == 1)
    }

    @Test func aPipeWhoseReaderWentAwayIsAWarning() throws {
        let path = folder.path + "/pipe"
        mkfifo(path, 0o600)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        let writer = try writer(path)
        writer.write(Example.line(.start(Example.start)))
        #expect(writer.isWorking)
        close(reader)
        writer.write(Example.line(.end(Example.end)))
        #expect(!writer.isWorking)
        #expect(warnings.all.count == 1)
    }

    @Test func aLimitOnTheSizeOfFilesDoesNotEndTheProcess() throws {
        _ = try writer(folder.path + "/report")
        raise(SIGXFSZ)
    }

    @Test func aSocketGetsAllLines() throws {
        let listener = Listener(in: folder)
        let writer = try writer("unix:" + listener.path)
        for name in ["a", "b", "c"] {
            writer.write(Example.line(.round(Example.round), name: name))
        }
        writer.finish()
        let peer = listener.accept()
        defer { close(peer) }
        #expect(try names(Listener.readAll(peer)) == ["a", "b", "c"])
        #expect(warnings.all.isEmpty)
    }

    @Test func aReaderThatWentAwayEndsTheReport() throws {
        let listener = Listener(in: folder)
        let writer = try writer("unix:" + listener.path)
        close(listener.accept())
        for _ in 0..<3 { writer.write(Example.line(.round(Example.round))) }
        #expect(!writer.isWorking)
        #expect(warnings.all.count == 1)
        #expect(warnings.all.first?.contains("Broken pipe") == true)
    }

    @Test func aSlowReaderMissesWholeLines() throws {
        let listener = Listener(in: folder)
        let writer = try writer("unix:" + listener.path)
        let peer = listener.accept()
        defer { close(peer) }
        let longName = String(repeating: "x", count: 3000)
        for _ in 0..<2000 { writer.write(Example.line(.round(Example.round), name: longName)) }
        #expect(warnings.all == ["the reader of the report is slow: some records are left out"])
        // The reader catches up: what was begun is ended, and then the next line comes whole.
        var received = Listener.readAll(peer, flags: Int32(MSG_DONTWAIT))
        writer.write(Example.line(.round(Example.round), name: "last"))
        writer.finish()
        received += Listener.readAll(peer)
        let names = try names(received)
        #expect(names.count < 2000)
        #expect(names.last == "last")
        #expect(names.dropLast().allSatisfy { $0 == longName })
        #expect(warnings.all.count == 1)
    }
}
