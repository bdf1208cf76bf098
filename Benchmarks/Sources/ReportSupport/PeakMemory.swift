internal import Foundation

/// Runs a program to its end and returns its peak resident memory in bytes.
///
/// `wait4` counts the memory of the parent too; the program `time` is a small one.
public func peakMemoryByteCount(
    _ arguments: [String],
    outputPath: String,
    isPinned: Bool,
    work: WorkFolder
) throws -> Int {
    let path = work.path("peak-memory")
    let time = ["time", "-f", "%M", "-o", path]
    _ = try measure(
        time + arguments,
        outputPath: outputPath,
        isPinned: isPinned,
        work: work
    )
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let kibibytes = Int(text.split(separator: "\n").last ?? "") else {
        throw ReportError.processFailed(time + arguments, message: text)
    }
    return kibibytes << 10
}
