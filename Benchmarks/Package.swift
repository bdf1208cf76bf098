// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "cloudnet-benchmarks",
    dependencies: [
        // The name holds in whatever folder the repository was cloned to.
        .package(name: "cloudnet", path: ".."),
        // Without its traits, which count allocations; speed is all that is measured here.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CCompressors",
            providers: [.apt(["liblz4-dev", "libzstd-dev"])]
        ),
        .executableTarget(
            name: "PageCodecBenchmarks",
            dependencies: [
                "CCompressors",
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "MigrationStream", package: "cloudnet"),
                .product(name: "PageCodec", package: "cloudnet"),
            ],
            path: "Benchmarks/PageCodecBenchmarks",
            swiftSettings: house,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        // What all reports are made of: processes, tables, drawings.
        .target(name: "ReportSupport", swiftSettings: house),
        // Both helpers on the simulated Xen; libxl is played.
        .target(
            name: "MigrationRig",
            dependencies: ["ReportSupport", .product(name: "LibxlSide", package: "cloudnet")],
            swiftSettings: house
        ),
        .executableTarget(
            name: "performance-report",
            dependencies: [
                "ReportSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "wan-experiment",
            dependencies: [
                "MigrationRig", "ReportSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "LibxlSide", package: "cloudnet"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "sync-experiment",
            dependencies: [
                "MigrationRig", "ReportSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ArrivalModel", package: "cloudnet"),
                .product(name: "LibxlSide", package: "cloudnet"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "WanExperimentTests",
            dependencies: ["ReportSupport", "wan-experiment"],
            swiftSettings: house
        ),
    ]
)
