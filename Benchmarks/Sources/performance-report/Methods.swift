/// What is measured.
struct Methods {
    /// The program of this project.
    let cloudnet: String

    /// What `--compression` is set to, from fast to small.
    private let settings = ["off", "-5", "1", "3"]

    /// What adapts to a link, and means nothing without one.
    private let adaptive = "auto"

    /// How many threads work side by side where more than one does.
    private let severalThreads = 2

    /// Over whole streams, on one core.
    var onOneCore: [Method] {
        [Self.cat] + settings.map { compression($0) } + [
            Method(
                name: "lz4 -1",
                family: .general,
                encode: ["lz4", "-1", "-c"],
                decode: ["lz4", "-d", "-c"]
            ),
            zstd("-1"),
            zstd("-3", "--long=27"),
        ]
    }

    /// Over whole streams, on all cores.
    var onAllCores: [Method] {
        settings.flatMap { setting in
            [1, severalThreads].map { compression(setting, threadCount: $0) }
        } + [zstd("-1"), zstd("-1", "-T2"), zstd("-3", "--long=27", "-T2")]
    }

    /// Through links, with several threads, and what adapts with one as well.
    var scenarios: [LinkScenario] {
        let adapting = [1, severalThreads].map { compression(adaptive, threadCount: $0) }
        let smallest = ["1", "3"].map { compression($0, threadCount: severalThreads) } + adapting
        let all = settings.map { compression($0, threadCount: severalThreads) } + adapting
        return [
            LinkScenario(link: Link(megabytesPerSecond: 2), methods: smallest, pace: .verySlow),
            LinkScenario(
                link: Link(megabytesPerSecond: 10),
                methods: all + [zstd("-3", "--long=27")],
                pace: .slow
            ),
            LinkScenario(link: Link(megabytesPerSecond: 50), methods: all, pace: .slow),
            LinkScenario(link: Link(megabytesPerSecond: 200), methods: all, pace: .fast),
            LinkScenario(
                link: Link(from: 10, to: 200, afterSeconds: 3),
                methods: all,
                pace: .slow
            ),
            LinkScenario(
                link: Link(from: 200, to: 10, afterSeconds: 0.5),
                methods: all,
                pace: .slow
            ),
            LinkScenario(link: .unlimited, methods: all + [Self.cat], pace: .fast),
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
            decode: [cloudnet, "decode"] + threads
        )
    }

    /// `zstd` with options; its decoder must be told of a long window too.
    private func zstd(_ options: String...) -> Method {
        let window = options.filter { $0.hasPrefix("--long") }
        return Method(
            name: (["zstd"] + options).joined(separator: " "),
            family: .general,
            encode: ["zstd"] + options + ["-c"],
            decode: ["zstd", "-d"] + window + ["-c"]
        )
    }
}
