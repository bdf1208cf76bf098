import Coordination
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
            ("application", ["none", "shop", "the shop, \u{e4}"]),
            ("application-members", ["unknown", "1", "1000"]),
            ("application-link", ["none", "uplink"]),
            (
                "coordinator",
                [
                    "unix:/run/c", "tcp:localhost:4444", "tcp:10.0.0.1:1", "tcp:[::1]:65535",
                    "tcp:coordinator.example.org:4444",
                ]
            ), ("coordinator-deadline", ["1s", "30s", "1h"]),
            ("coordinator-lost", ["abort", "alone"]), ("coordinator-ca", ["none", "/ca.pem"]),
            ("coordinator-certificate", ["none", "/c.pem"]),
            ("coordinator-key", ["none", "/k.pem"]),
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
            ("report", "/" + String(repeating: "a", count: 4095)), ("application", ""),
            ("application", String(repeating: "a", count: 129)), ("application", "a\nb"),
            ("application-members", "0"), ("application-members", "1001"),
            ("coordinator", "/run/c"), ("coordinator", "unix:run"), ("coordinator", "unix:/"),
            ("coordinator", "unix:/" + String(repeating: "a", count: 107)),
            ("coordinator", "tcp:host"), ("coordinator", "tcp::4444"),
            ("coordinator", "tcp:host:0"), ("coordinator", "tcp:host:65536"),
            ("coordinator", "tcp:::1:4444"), ("coordinator", "tcp:a b:1"),
            ("coordinator", "tcp:[]:1"), ("coordinator", "udp:host:1"),
            ("coordinator", "tcp:" + String(repeating: "a", count: 254) + ":1"),
            ("coordinator-deadline", "30"), ("coordinator-lost", "stop"),
            ("coordinator-key", "key.pem"),
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
                "application": "shop", "application-members": "2", "application-link": "uplink",
                "coordinator": "tcp:[::1]:4444", "coordinator-deadline": "10s",
                "coordinator-lost": "alone", "coordinator-ca": "/a",
                "coordinator-certificate": "/c", "coordinator-key": "/k",
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
        #expect(all.settings.application == "shop")
        #expect(all.settings.applicationMemberCount == 2)
        #expect(all.settings.applicationLink == "uplink")
        #expect(all.settings.coordinator == .tcp(host: "::1", port: 4444))
        #expect(all.settings.coordinatorDeadline == .seconds(10))
        #expect(all.settings.coordinatorLost == .alone)
        #expect(all.settings.coordinatorAuthorityPath == "/a")
        #expect(all.settings.coordinatorCertificatePath == "/c")
        #expect(all.settings.coordinatorKeyPath == "/k")
        #expect(all.settings.contradictions.isEmpty)
    }

    @Test func tlsNeedsAllItsFilesAndAnotherHostNeedsTLS() throws {
        let files = ["coordinator-ca", "coordinator-certificate", "coordinator-key"]
        for given in 0..<8 {
            var values = ["coordinator": given == 0 ? "tcp:other.example.org:1" : "unix:/run/c"]
            for (index, name) in files.enumerated() where given >> index & 1 == 1 {
                values[name] = "/\(name).pem"
            }
            let problems = settings(xenstore: values).settings.contradictions
            #expect(problems.count == (given == 7 ? 0 : 1))
            let place = given == 0 ? "coordinator" : files.first { values[$0] != nil }
            let line = try problems.first.map { problem in
                try #expect(
                    problem.description.hasPrefix(
                        "xenstore, cloudnet/\(#require(place))"
                    )
                )
                return problem.description
            }
            #expect(line?.contains("coordinator-key") != false)
        }
        for local in ["unix:/c", "tcp:localhost:1", "tcp:127.0.0.1:1", "tcp:[::1]:1"] {
            #expect(settings(xenstore: ["coordinator": local]).settings.contradictions.isEmpty)
        }
        for other in ["tcp:127.example.org:1", "tcp:10.0.0.1:1", "tcp:[::2]:1"] {
            #expect(settings(xenstore: ["coordinator": other]).settings.contradictions.count == 1)
        }
        // Only the environment counts for the way out, and it must be right.
        #expect(throws: SettingsError.self) {
            try load(
                file: "/dev/null",
                environment: ["CLOUDNET_STREAM": "stock", "CLOUDNET_COORDINATOR": "tcp:other:1"]
            )
        }
    }

    @Test func helpHasALineForEveryVariable() {
        let help = SettingKey.help(for: SettingKey.all)
        for key in SettingKey.all { #expect(help.contains(key.environmentName + "\n")) }
        #expect(SettingKey.ofRestore.map(\.name) == ["threads"])
    }
}
