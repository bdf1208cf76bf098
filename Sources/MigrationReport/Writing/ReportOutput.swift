/// One place that lines go to; it never waits.
protocol ReportOutput: AnyObject {
    /// Writes a line with its line feed, whole.
    ///
    /// - Throws: What makes this place useless from now on.
    func write(_ line: [UInt8]) throws

    /// Does what can be done without waiting for lines that are still in memory.
    func finish()

    /// Whether lines were left out because the reader was slow.
    var hasDroppedLines: Bool { get }
}

extension ReportOutput {
    var hasDroppedLines: Bool { false }
}
