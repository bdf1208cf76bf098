import MigrationReport
import MigrationStream
import PageCodec
import Testing

@testable import Configuration

struct SettingTableTests {
    @Test func everyNameIsAWordOfItsOwn() {
        let names = SettingKey.all.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.allSatisfy { $0.isASCII && $0.isLowercase || $0 == "-" })
        }
        #expect(SettingKey.of(\.cacheSize)?.environmentName == "CLOUDNET_CACHE_MIB")
        // Every setting has an entry, or nobody could set it.
        #expect(names.count == Mirror(reflecting: Settings()).children.count - 3)
    }

    @Test func everyDefaultCanBeWritten() {
        for key in SettingKey.all {
            var settings = Settings()
            let isAccepted = key.apply(key.defaultText, &settings)
            #expect(isAccepted, "\(key.name)")
            #expect(key.text(settings) == key.defaultText)
        }
    }

    @Test(
        arguments: [
            ("stream", ["extended", "stock"]), ("cache-mib", ["auto", "1", "64", "65536"]),
            ("compression", ["auto", "off", "-20", "3", "9"]), ("threads", ["auto", "1", "8"]),
            ("page-classes", ["all", "references", "deltas"]),
            ("policy", ["smart", "stock", "observe"]),
            ("max-pause", ["none", "1ms", "300ms", "2s", "5m", "1h"]),
            ("max-time", ["none", "1s", "90m", "168h"]),
            ("max-bytes", ["none", "1M", "5Mi", "2G", "1234567", "1000T"]),
            ("when-unmet", ["stop", "continue", "abort"]), ("min-rounds", ["1", "1000"]),
            ("bandwidth-limit", ["none", "64k", "5M", "5Mi", "1Gi", "100G", "5000001"]),
            ("limit-final-round", ["yes", "no"]),
            ("report", ["none", "/var/log/cloudnet.jsonl", "unix:/run/cloudnet.sock"]),
        ] as [(String, [String])]
    )
    func whatIsAcceptedIsWrittenBackAsItWas(name: String, texts: [String]) throws {
        let key = try #require(SettingKey.named(name))
        for text in texts {
            var settings = Settings()
            let isAccepted = key.apply(text, &settings)
            #expect(isAccepted, "\(text)")
            #expect(key.text(settings) == text)
        }
    }

    @Test(
        arguments: [
            ("max-pause", "300"), ("max-pause", "0ms"), ("max-pause", "61m"),
            ("max-pause", "-1s"), ("max-pause", "1.5s"), ("max-pause", "1S"),
            ("max-pause", "ms"), ("max-pause", "99999999999999999999s"),
            ("max-pause", "9223372036854775807h"), ("max-pause", "1 s"),
            ("max-pause", "\u{0663}s"), ("max-time", "999ms"), ("max-time", "169h"),
            ("max-bytes", "999999"), ("max-bytes", "5m"), ("max-bytes", "5MB"),
            ("max-bytes", "9223372036854775807T"), ("max-bytes", "1001T"),
            ("bandwidth-limit", "5"), ("bandwidth-limit", "0"),
            ("bandwidth-limit", "40Mbit"), ("bandwidth-limit", "101G"),
            ("threads", "0"), ("threads", "9"), ("threads", "all"),
            ("cache-mib", "0"), ("cache-mib", "65537"), ("cache-mib", "64M"),
            ("compression", "0"), ("compression", "10"), ("stream", "Stock"),
            ("page-classes", ""), ("page-classes", "references,"),
            ("page-classes", "zero"), ("min-rounds", "0"), ("when-unmet", "wait"),
            ("limit-final-round", "1"), ("report", "report.jsonl"), ("report", "/"),
            ("report", "unix:socket"), ("report", "/a\u{0}b"), ("report", "/a\nb"),
            ("report", "unix:/" + String(repeating: "a", count: 107)),
            ("report", "/" + String(repeating: "a", count: 4095)),
        ] as [(String, String)]
    )
    func whatMakesNoSenseIsNotAccepted(name: String, text: String) throws {
        let key = try #require(SettingKey.named(name))
        var settings = Settings()
        let isAccepted = key.apply(text, &settings)
        #expect(!isAccepted)
        #expect(key.text(settings) == key.defaultText)
    }

    @Test func valuesMeanWhatTheySay() {
        let all = settings(
            xenstore: [
                "stream": "stock", "cache-mib": "64", "compression": "-5", "threads": "2",
                "page-classes": "deltas,references", "policy": "observe", "max-pause": "1500ms",
                "max-time": "2h", "max-bytes": "2Gi", "when-unmet": "abort", "min-rounds": "3",
                "bandwidth-limit": "5Mi", "limit-final-round": "true", "report": "unix:/run/r",
            ]
        )
        #expect(all.problems.isEmpty)
        #expect(all.settings.format == .stock)
        #expect(all.settings.cacheSize == CacheSize(mebibytes: 64))
        #expect(all.settings.compression == .level(-5))
        #expect(all.settings.threads == ThreadCount(2))
        #expect(all.settings.pageClasses == .all)
        #expect(all.settings.policy == .observe)
        #expect(all.settings.maxPause == .milliseconds(1500))
        #expect(all.settings.maxTime == .seconds(7200))
        #expect(all.settings.maxByteCount == 2 << 30)
        #expect(all.settings.whenUnmet == .abort)
        #expect(all.settings.minRoundCount == 3)
        #expect(all.settings.bandwidthLimit == 5_242_880)
        #expect(all.settings.limitsFinalRound)
        #expect(all.settings.report == .socket("/run/r"))
    }

    @Test func helpHasALineForEveryVariable() {
        let help = SettingKey.help(for: SettingKey.all)
        for key in SettingKey.all { #expect(help.contains(key.environmentName + "\n")) }
        #expect(SettingKey.ofRestore.map(\.name) == ["threads"])
    }
}
