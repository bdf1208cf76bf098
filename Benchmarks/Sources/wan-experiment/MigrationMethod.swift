/// A way to migrate: settings of the helpers, and what stands beside the link.
struct MigrationMethod: Sendable {
    /// What a method belongs to.
    enum Family: Sendable {
        /// What Xen sends.
        case stock
        /// This project, or a part of it.
        case cloudnet
    }

    /// What it is called in files and on the command line.
    let key: String
    let title: String
    let family: Family
    /// The environment of both helpers.
    let settings: [String: String]
    /// What compresses before the link, and its opposite behind it.
    var filters: (source: [String], target: [String])?

    /// Whether zstd runs, in the helpers or beside them.
    var compresses = false

    /// The settings in the words of a shell.
    var settingsText: String {
        let settings = settings.sorted { $0.key < $1.key }.map { "`\($0.key)=\($0.value)`" }
        return settings.isEmpty ? "none" : settings.joined(separator: " ")
    }

    static let stock = MigrationMethod(
        key: "stock",
        title: "stock",
        family: .stock,
        settings: stockSettings
    )

    static let compressedStock = MigrationMethod(
        key: "zstd",
        title: "stock through zstd -1",
        family: .stock,
        settings: stockSettings,
        filters: (["zstd", "-1", "-q", "-c"], ["zstd", "-d", "-q", "-c"]),
        compresses: true
    )

    static let whole = MigrationMethod(
        key: "all",
        title: "all together",
        family: .cloudnet,
        settings: [:],
        compresses: true
    )

    static let all = [
        stock,
        compressedStock,
        MigrationMethod(
            key: "paper-rule",
            title: "stock, 30 rounds",
            family: .stock,
            settings: stockSettings.merging(["SIMULATED_XEN_RULE": "paper"]) { $1 }
        ),
        alone("references", "references only"),
        alone("deltas", "deltas only"),
        MigrationMethod(
            key: "smart-stop",
            title: "Smart Stop only",
            family: .cloudnet,
            settings: ["CLOUDNET_STREAM": "stock", "CLOUDNET_POLICY": "smart"]
        ),
        whole,
    ]

    private static let stockSettings = ["CLOUDNET_STREAM": "stock", "CLOUDNET_POLICY": "stock"]

    /// One of the page classes, without compression.
    private static func alone(_ pageClass: String, _ title: String) -> MigrationMethod {
        MigrationMethod(
            key: pageClass,
            title: title,
            family: .cloudnet,
            settings: [
                "CLOUDNET_PAGE_CLASSES": pageClass, "CLOUDNET_COMPRESSION": "off",
                "CLOUDNET_POLICY": "stock",
            ]
        )
    }
}
