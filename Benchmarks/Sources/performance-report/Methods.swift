import Foundation

/// What is measured.
struct Methods {
    /// The program of this project.
    private let cloudnet: String

    /// What `--compression` is set to: fixed settings from fast to small, and what adapts.
    private let settings: [String]

    private let threadCounts: [Int?]

    /// Asks the program what it can be set to.
    init(cloudnet: String, work: WorkFolder) throws {
        self.cloudnet = cloudnet
        let helpPath = work.path("help")
        _ = try measure([cloudnet, "encode", "--help"], outputPath: helpPath, work: work)
        let help = try String(contentsOfFile: helpPath, encoding: .utf8)
        settings = ["off", "-5", "1", "3"] + (help.contains("auto") ? ["auto"] : [])
        threadCounts = help.contains("--threads") ? [1, 2] : [nil]
    }

    /// Over whole streams.
    var all: [Method] {
        [Self.cat] + settings.map { compression($0) } + [
            Method(
                name: "lz4 -1",
                family: .general,
                encode: ["lz4", "-1", "-c"],
                decode: ["lz4", "-d", "-c"]
            ),
            Method(
                name: "zstd -1",
                family: .general,
                encode: ["zstd", "-1", "-c"],
                decode: ["zstd", "-d", "-c"]
            ),
            Method(
                name: "zstd -3 --long=27",
                family: .general,
                encode: ["zstd", "-3", "--long=27", "-c"],
                decode: ["zstd", "-d", "--long=27", "-c"]
            ),
        ]
    }

    /// On all cores.
    var withThreads: [Method] {
        settings.flatMap { setting in
            threadCounts.map { compression(setting, threadCount: $0) }
        }
    }

    /// Through links.
    var scenarios: [LinkScenario] {
        let best = settings.filter { ["1", "3", "auto"].contains($0) }.map { compression($0) }
        let all = settings.map { compression($0) }
        return [
            LinkScenario(link: Link(megabytesPerSecond: 2), methods: best, isSlow: true),
            LinkScenario(link: Link(megabytesPerSecond: 10), methods: all, isSlow: true),
            LinkScenario(link: Link(megabytesPerSecond: 50), methods: all, isSlow: true),
            LinkScenario(link: Link(megabytesPerSecond: 200), methods: all, isSlow: false),
            LinkScenario(
                link: Link(from: 10, to: 200, afterSeconds: 3),
                methods: all,
                isSlow: true
            ),
            LinkScenario(
                link: Link(from: 200, to: 10, afterSeconds: 0.5),
                methods: all,
                isSlow: true
            ),
            LinkScenario(link: .unlimited, methods: all + [Self.cat], isSlow: false),
        ]
    }

    private static let cat = Method(name: "cat", family: .limit, encode: ["cat"], decode: nil)

    /// `cloudnet` with a setting of `--compression`, and perhaps of `--threads`.
    private func compression(_ setting: String, threadCount: Int? = nil) -> Method {
        let threads = threadCount.map { ["--threads", "\($0)"] } ?? []
        return Method(
            name: (["cloudnet", setting] + threads).joined(separator: " "),
            family: .cloudnet,
            encode: [cloudnet, "encode", "--compression", setting] + threads,
            decode: [cloudnet, "decode"]
        )
    }
}
