internal import Foundation
public import ReportSupport

/// Where the programs are, and the simulated Xen under the names of Xen's libraries.
public struct TestBed: Sendable {
    /// How many times faster than on the recorded machine the guest runs.
    public let timeScale: Double

    /// Xen's own helper.
    public let stockHelper: String

    private let programs: String
    private let libraries: String
    private let work: String

    /// A test bed with the programs of a folder.
    ///
    /// - Throws: What Foundation throws when a file cannot be made.
    public init(programs: String, stockHelper: String, work: WorkFolder, timeScale: Double) throws {
        self.stockHelper = stockHelper
        self.programs = programs
        self.work = work.root
        self.timeScale = timeScale
        libraries = work.path("simulated-xen")
        let manager = FileManager.default
        try manager.createDirectory(atPath: libraries, withIntermediateDirectories: true)
        for name in ["libxenguest.so.4.17", "libxenctrl.so.4.17"] {
            let link = "\(libraries)/\(name)"
            try? manager.removeItem(atPath: link)
            try manager.createSymbolicLink(
                atPath: link,
                withDestinationPath: programs + "/libSimulatedXen.so"
            )
        }
    }

    /// The path of one of the programs.
    public func program(_ name: String) -> String { "\(programs)/\(name)" }

    /// What the helpers need to find the simulated Xen and the guest.
    public func environment(of guest: Guest) -> [String: String] {
        var variables = [
            "LD_LIBRARY_PATH": libraries, "SIMULATED_XEN_TRACE": guest.streamPath,
            "SIMULATED_XEN_TIME_SCALE": "\(timeScale)",
        ]
        variables["SIMULATED_XEN_ROUND_TIMES"] = guest.roundTimesPath
        return variables
    }

    /// A folder for the files of one migration.
    ///
    /// - Throws: What Foundation throws when it cannot be made.
    public func makeFolder() throws -> WorkFolder {
        let path = "\(work)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return WorkFolder(root: path)
    }
}
