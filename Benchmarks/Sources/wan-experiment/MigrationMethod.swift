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
    /// Whether both helpers are Xen's own.
    var usesStockHelper = false
    /// The environment of both helpers.
    var settings: [String: String] = [:]
    /// What compresses before the link, and its opposite behind it.
    var filters: (source: [String], target: [String])?

    /// Each run begins so many seconds of the guest's trace later than the one before.
    var startStepSeconds = 0.0

    /// Whether zstd runs, in the helpers or beside them.
    var compresses = false

    /// Helper and settings in the words of a shell.
    var commandText: String {
        let settings = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let helper = usesStockHelper ? "libxl-save-helper" : "cloudnet-save"
        return "`" + (settings + [helper]).joined(separator: " ") + "`"
    }

    static let stock = MigrationMethod(
        key: "stock",
        title: "stock",
        family: .stock,
        usesStockHelper: true
    )

    static let compressedStock = MigrationMethod(
        key: "zstd",
        title: "stock through zstd -1",
        family: .stock,
        usesStockHelper: true,
        filters: (["zstd", "-1", "-q", "-c"], ["zstd", "-d", "-q", "-c"]),
        compresses: true
    )

    static let whole = MigrationMethod(
        key: "all",
        title: "all together",
        family: .cloudnet,
        compresses: true
    )

    /// With a limit for the pause, at many moments of a guest's life.
    static let limitedPause = MigrationMethod(
        key: "max-pause",
        title: "all together, max-pause",
        family: .cloudnet,
        settings: ["CLOUDNET_MAX_PAUSE": "\(PauseLimit.milliseconds)ms"],
        startStepSeconds: momentStepSeconds,
        compresses: true
    )

    /// Without a limit, at the same moments.
    static let freePause = MigrationMethod(
        key: "free-pause",
        title: "all together, at the same moments",
        family: .cloudnet,
        startStepSeconds: momentStepSeconds,
        compresses: true
    )

    private static let momentStepSeconds = 23.7

    /// What is compared side by side.
    static let all = [
        stock,
        compressedStock,
        MigrationMethod(
            key: "paper-rule",
            title: "stock, 30 rounds",
            family: .stock,
            usesStockHelper: true,
            settings: ["SIMULATED_XEN_RULE": "paper"]
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
