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
    name: "cloudnet",
    products: [
        .executable(name: "cloudnet-save", targets: ["cloudnet-save"]),
        .executable(name: "cloudnet-restore", targets: ["cloudnet-restore"]),
        .executable(name: "cloudnet", targets: ["cloudnet"]),
        .executable(name: "cloudnet-coordinator", targets: ["cloudnet-coordinator"]),
        .library(name: "PageCodec", targets: ["PageCodec"]),
        .library(name: "MigrationStream", targets: ["MigrationStream"]),
        // What the tests and benchmarks of the helpers share: libxl's side of their conversation.
        .library(name: "LibxlSide", targets: ["LibxlSide"]),
        // What clients notice of guests that move together.
        .library(name: "ArrivalModel", targets: ["ArrivalModel"]),
        // Stands in for a network when the helpers are measured or tested.
        .executable(name: "link-emulator", targets: ["link-emulator"]),
        // Stands in for libxenguest and libxenctrl when the helpers are tested without Xen.
        .library(name: "SimulatedXen", type: .dynamic, targets: ["SimulatedXen"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Pure: bytes in, bytes out.
        .systemLibrary(
            name: "CXXHash",
            providers: [.apt(["libxxhash-dev"])]
        ),
        // The compiler's own header: instructions that Swift has no name for.
        .systemLibrary(name: "CSSE2"),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "PageCodec",
            dependencies: ["CSSE2", "CXXHash"],
            swiftSettings: house
        ),
        .target(
            name: "MigrationStream",
            dependencies: ["PageCodec", "CXXHash", "CZstd"],
            swiftSettings: house
        ),
        .target(name: "LibxlHelper", swiftSettings: house),
        .target(name: "StopPolicy", swiftSettings: house),
        .target(name: "Coordination", swiftSettings: house),
        // C++: shows Swift what toml++ reads.
        .target(name: "CToml", cxxSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),

        // Pure: how settings are written, in files and elsewhere.
        .target(name: "ConfigurationSyntax", dependencies: ["CToml"], swiftSettings: house),

        // Pure: what reports say, as text and pictures. It needs Foundation to read JSON.
        .target(name: "ReportDrawing", dependencies: ["MigrationReport"], swiftSettings: house),

        // The outside world.
        .target(name: "PosixIO", dependencies: ["MigrationStream"], swiftSettings: house),
        .target(
            name: "Configuration",
            dependencies: [
                "ConfigurationSyntax", "Coordination", "MigrationReport", "MigrationStream",
                "PageCodec", "PosixIO",
            ],
            swiftSettings: house
        ),
        .target(
            name: "MigrationReport",
            dependencies: ["MigrationStream", "PageCodec", "PosixIO"],
            swiftSettings: house
        ),
        .target(
            name: "CXenShim",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [
                .linkedLibrary("xenguest"), .linkedLibrary("xenctrl"), .linkedLibrary("xenstore"),
            ]
        ),
        .target(
            name: "CoordinatorClient",
            dependencies: [
                "Coordination",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "MigrationHelper",
            dependencies: [
                "CXenShim", "Configuration", "CoordinatorClient", "Coordination", "LibxlHelper",
                "MigrationReport", "MigrationStream", "PageCodec", "PosixIO", "StopPolicy",
            ],
            swiftSettings: house
        ),

        .target(
            name: "CoordinatorServer",
            dependencies: [
                "ConfigurationSyntax", "Coordination",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: house
        ),

        // Programs.
        .executableTarget(
            name: "cloudnet-save",
            dependencies: ["MigrationHelper"],
            swiftSettings: house
        ),
        .executableTarget(
            name: "cloudnet-restore",
            dependencies: ["MigrationHelper"],
            swiftSettings: house
        ),
        .executableTarget(
            name: "cloudnet-coordinator",
            dependencies: [
                "Coordination", "CoordinatorServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "cloudnet",
            dependencies: [
                "Configuration", "Coordination", "MigrationReport", "MigrationStream", "PageCodec",
                "PosixIO", "ReportDrawing",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["MigrationStream", "PageCodec", "PosixIO"],
            path: "Tests/TestSupport",
            swiftSettings: house
        ),
        .testTarget(
            name: "PageCodecTests",
            dependencies: ["PageCodec", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "MigrationStreamTests",
            dependencies: ["MigrationStream", "PageCodec", "PosixIO", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "MigrationReportTests",
            dependencies: [
                "MigrationReport", "MigrationStream", "PageCodec", "PosixIO", "ReportDrawing",
                "TestSupport", "cloudnet",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "LibxlHelperTests",
            dependencies: ["LibxlHelper"],
            swiftSettings: house
        ),
        .testTarget(
            name: "StopPolicyTests",
            dependencies: ["StopPolicy", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "CoordinationTests",
            dependencies: ["Coordination", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Configuration", "ConfigurationSyntax", "Coordination", "MigrationReport",
                "MigrationStream", "PageCodec", "TestSupport",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "CoordinatorServerTests",
            dependencies: [
                "Coordination", "CoordinatorClient", "CoordinatorServer", "RawMember",
                "TestSupport",
                "cloudnet", "cloudnet-coordinator",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: house
        ),
        // A member of a group, and whoever else may connect to a coordinator.
        .target(
            name: "RawMember",
            dependencies: ["Coordination"],
            path: "Tests/RawMember",
            swiftSettings: house
        ),
        .executableTarget(
            name: "coordinator-load",
            dependencies: [
                "Coordination", "RawMember",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/CoordinatorLoad",
            swiftSettings: house
        ),
        .target(
            name: "CXenGuest",
            path: "Tests/CXenGuest",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]
        ),
        .target(
            name: "SimulatedGuest",
            dependencies: ["CXXHash"],
            path: "Tests/SimulatedGuest",
            swiftSettings: house
        ),
        .testTarget(
            name: "SimulatedGuestTests",
            dependencies: ["CZstd", "SimulatedGuest", "TestSupport"],
            swiftSettings: house
        ),
        .target(
            name: "SimulatedXen",
            dependencies: ["CXenGuest", "SimulatedGuest"],
            path: "Tests/SimulatedXen",
            exclude: ["symbols.map"],
            swiftSettings: house,
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker",
                    "--version-script=\(Context.packageDirectory)/Tests/SimulatedXen/symbols.map",
                ])
            ]
        ),
        .target(
            name: "LibxlSide",
            dependencies: ["PosixIO"],
            path: "Tests/LibxlSide",
            swiftSettings: house
        ),
        .target(
            name: "LinkModel",
            dependencies: ["TestSupport"],
            path: "Tests/LinkModel",
            swiftSettings: house
        ),
        .executableTarget(
            name: "link-emulator",
            dependencies: [
                "LinkModel", "PosixIO",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/LinkEmulator",
            swiftSettings: house
        ),
        .target(
            name: "ArrivalModel",
            path: "Tests/ArrivalModel",
            swiftSettings: house
        ),
        .testTarget(
            name: "ArrivalModelTests",
            dependencies: ["ArrivalModel", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "LinkEmulatorTests",
            dependencies: ["LinkModel", "PosixIO", "TestSupport", "link-emulator"],
            swiftSettings: house
        ),
        .testTarget(
            name: "CoordinatorClientTests",
            dependencies: ["Coordination", "CoordinatorClient", "PosixIO", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "MigrationHelperTests",
            dependencies: [
                "CXenShim", "Configuration", "Coordination", "LibxlHelper", "LibxlSide",
                "MigrationHelper", "MigrationReport", "MigrationStream", "PageCodec", "PosixIO",
                "ReportDrawing", "StopPolicy", "TestSupport", "cloudnet", "cloudnet-coordinator",
                "cloudnet-save", "cloudnet-restore", "link-emulator",
            ],
            swiftSettings: house
        ),
    ]
)
