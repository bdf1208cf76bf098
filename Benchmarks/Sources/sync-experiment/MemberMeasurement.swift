/// How one member of a group moved; times are seconds since the first save began.
struct MemberMeasurement: Equatable, Sendable {
    var name: String
    /// When its save began.
    var startSeconds: Double
    /// When it wanted to be suspended.
    var suspendSeconds: Double
    /// When it was complete at the target.
    var resumeSeconds: Double
    /// Bytes that came out of the link.
    var byteCount: Int
    /// Passes over pages, the one of the paused guest included.
    var roundCount: Int

    static let columns = ["member", "start_s", "suspend_s", "resume_s", "bytes", "rounds"]

    /// The values in the order of the columns.
    var cells: [String] {
        [
            name, "\(startSeconds)", "\(suspendSeconds)", "\(resumeSeconds)", "\(byteCount)",
            "\(roundCount)",
        ]
    }
}

extension MemberMeasurement {
    /// Reads the values in the order of the columns; nothing if they are not such values.
    init?(cells: [String]) {
        guard
            cells.count == Self.columns.count, let startSeconds = Double(cells[1]),
            let suspendSeconds = Double(cells[2]), let resumeSeconds = Double(cells[3]),
            let byteCount = Int(cells[4]), let roundCount = Int(cells[5])
        else { return nil }
        self.init(
            name: cells[0],
            startSeconds: startSeconds,
            suspendSeconds: suspendSeconds,
            resumeSeconds: resumeSeconds,
            byteCount: byteCount,
            roundCount: roundCount
        )
    }
}
