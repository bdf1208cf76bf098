import Glibc
import TestSupport

@testable import MigrationReport

/// Records for tests.
enum Example {
    static let migration = MigrationIdentity(
        domid: 7,
        name: "shop",
        uuid: "5f3c1a2e-0a63-4a4e-9d0f-3a1f1f0e6c11",
        pid: 4242
    )

    static func line(_ record: ReportRecord, name: String = "shop") -> ReportLine {
        var migration = migration
        migration.name = name
        return ReportLine(time: 1_763_719_495.25, migration: migration, record: record)
    }

    static let start = StartRecord(
        totalByteCount: 256 << 20,
        stream: "extended",
        policy: "smart",
        pauseLimitMilliseconds: 300,
        bandwidthLimit: 5_000_000,
        processStartTicks: 1
    )

    /// All fields have other values than by default.
    static var round: RoundRecord {
        var round = RoundRecord()
        round.round = 2
        round.isPaused = true
        round.roundMilliseconds = 510
        round.roundByteCount = 5_200_000
        round.stockByteCount = 24_700_000
        round.pages.zero = 1
        round.pages.unchanged = 2
        round.pages.reference = 3
        round.pages.delta = 4
        round.pages.blocks = 5
        round.pages.raw = 6
        round.pages.whole = 7
        round.treatments = ["off": 3, "-5": 4]
        round.verdict = "stop"
        round.reason = "a pause of 96 ms is within 300 ms"
        round.transferredByteCount = 53_200_000
        round.remainingByteCount = 4_096_000
        round.totalByteCount = 256 << 20
        round.duplicatePageCount = 8
        round.normalPageCount = 9
        round.dirtyPagesPerSecond = 1961
        round.megabitsPerSecond = 81.569
        round.dirtySyncCount = 2
        round.expectedPauseMilliseconds = 96
        round.totalMilliseconds = 4710
        return round
    }

    static var progress: ProgressRecord {
        var progress = ProgressRecord()
        progress.status = .setup
        progress.round = 3
        progress.isPaused = true
        progress.transferredByteCount = 1
        progress.remainingByteCount = 2
        progress.totalByteCount = 3
        progress.megabitsPerSecond = 9.5
        progress.dirtyPagesPerSecond = 4
        progress.dirtySyncCount = 5
        progress.expectedPauseMilliseconds = 6
        progress.remainingMilliseconds = 7
        progress.totalMilliseconds = 8
        return progress
    }

    static var end: EndRecord {
        var end = EndRecord()
        end.status = .failed
        end.reason = "the link is gone"
        end.transferredByteCount = 1
        end.remainingByteCount = 2
        end.totalByteCount = 3
        end.stockByteCount = 4
        end.pages = round.pages
        end.treatments = ["whole": 1]
        end.duplicatePageCount = 5
        end.normalPageCount = 6
        end.megabitsPerSecond = 7.25
        end.dirtySyncCount = 8
        end.pauseMilliseconds = 9
        end.setupMilliseconds = 10
        end.totalMilliseconds = 11
        return end
    }

    static var records: [ReportRecord] {
        [.start(start), .round(round), .progress(progress), .end(end)]
    }
}

/// A folder that is removed with all its files when nobody needs it any more.
final class TemporaryFolder {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        path = "\(base)/cloudnet-report-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(path, 0o755) == 0 else { throw TestFileError.cannotOpen(path) }
    }

    deinit { remove(path) }

    func text(of name: String) throws -> String {
        String(decoding: try Repository.bytes(ofFile: "\(path)/\(name)"), as: UTF8.self)
    }

    func write(_ text: String, to name: String) throws {
        try Repository.write(Array(text.utf8), toFile: "\(path)/\(name)")
    }

    func has(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

    private func remove(_ folder: String) {
        let names = (try? Repository.files(in: folder, suffix: "")) ?? []
        for name in names where name != "." && name != ".." {
            if unlink("\(folder)/\(name)") != 0 { remove("\(folder)/\(name)") }
        }
        rmdir(folder)
    }
}
