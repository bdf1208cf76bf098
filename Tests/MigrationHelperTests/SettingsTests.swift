import MigrationStream
import Testing

@testable import MigrationHelper

struct SettingsTests {
    @Test(arguments: [
        [:], ["CLOUDNET_STREAM": "", "CLOUDNET_CACHE_MIB": "", "CLOUDNET_COMPRESSION": ""],
    ])
    func nothingSetMeansTheDefaults(environment: [String: String]) throws {
        let settings = try Settings { environment[$0] }
        #expect(settings.format == .extended)
        #expect(settings.cacheSize == nil)
        #expect(settings.compression == .auto)
        #expect(settings.threads == nil)
    }

    @Test func allSettingsAreRead() throws {
        let environment = [
            "CLOUDNET_STREAM": "stock", "CLOUDNET_CACHE_MIB": "64", "CLOUDNET_COMPRESSION": "-5",
            "CLOUDNET_THREADS": "2",
        ]
        let settings = try Settings { environment[$0] }
        #expect(settings.format == .stock)
        #expect(settings.cacheSize == CacheSize(mebibytes: 64))
        #expect(settings.compression == .level(-5))
        #expect(settings.threads == ThreadCount(2))
    }

    @Test(arguments: [
        ("CLOUDNET_STREAM", "Stock"), ("CLOUDNET_STREAM", "zstd"), ("CLOUDNET_CACHE_MIB", "0"),
        ("CLOUDNET_CACHE_MIB", "-1"), ("CLOUDNET_CACHE_MIB", "65537"),
        ("CLOUDNET_COMPRESSION", "0"), ("CLOUDNET_COMPRESSION", "automatic"),
        ("CLOUDNET_THREADS", "0"), ("CLOUDNET_THREADS", "9"), ("CLOUDNET_THREADS", "all"),
        ("CLOUDNET_CACHE_MIB", "64M"), ("CLOUDNET_CACHE_MIB", "99999999999999999999"),
    ])
    func whatMakesNoSenseIsRefusedByName(name: String, value: String) {
        let error = #expect(throws: SettingsError.self) {
            try Settings { $0 == name ? value : nil }
        }
        #expect(error?.description.contains("\(name) is '\(value)'") ?? false)
    }
}

struct CacheSizeTests {
    @Test(arguments: [
        (guestMebibytes: 8, availableMebibytes: 4096, expectedMebibytes: 16),
        (guestMebibytes: 256, availableMebibytes: 4096, expectedMebibytes: 128),
        (guestMebibytes: 65536, availableMebibytes: 4096, expectedMebibytes: 256),
        (guestMebibytes: 65536, availableMebibytes: 100, expectedMebibytes: 50),
        (guestMebibytes: 65536, availableMebibytes: 0, expectedMebibytes: 1),
    ])
    func theDefaultIsHalfOfTheGuestWithinBounds(
        guestMebibytes: Int,
        availableMebibytes: Int,
        expectedMebibytes: Int
    ) {
        let size = CacheSize.default(
            forGuestWithPageCount: guestMebibytes * 256,
            availableByteCount: availableMebibytes << 20
        )
        #expect(size == CacheSize(mebibytes: expectedMebibytes))
    }

    @Test(arguments: [0, -1, 65537, Int.max])
    func sizesOutOfRangeDoNotExist(mebibytes: Int) {
        #expect(CacheSize(mebibytes: mebibytes) == nil)
    }
}
