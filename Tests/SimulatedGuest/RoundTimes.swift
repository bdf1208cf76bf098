/// How long the rounds of a recorded migration took.
public enum RoundTimes {
    /// Computes it from their sizes.
    ///
    /// - Parameters:
    ///   - stream: The migration.
    ///   - byteRate: How many bytes left in a second, more than 0.
    /// - Returns: Seconds of each round but the last.
    public static func spans(of stream: RecordedStream, byteRate: Double) -> [Double] {
        var spans = Array(repeating: 0.0, count: stream.roundCount)
        for record in stream.records {
            guard record.type == RecordType.pageData, !record.isVerifying else { continue }
            spans[record.round] += Double(record.bytes.count) / byteRate
        }
        return spans.dropLast()
    }

    /// Reads it from notes that were taken during the recording.
    ///
    /// - Parameters:
    ///   - text: A line for each round in order: its number, a comma, when it began in seconds.
    ///     What follows is ignored.
    ///   - roundCount: How many rounds there must be.
    /// - Returns: Seconds of each round but the last; `nil` if that is not what the text says.
    public static func spans(in text: String, roundCount: Int) -> [Double]? {
        var starts: [Double] = []
        for line in text.split(separator: "\n").prefix(roundCount) {
            let words = line.split(separator: ",")
            guard words.count == 2, let start = Double(words[1]), Int(words[0]) == starts.count,
                start.isFinite, start > starts.last ?? -.infinity
            else { return nil }
            starts.append(start)
        }
        guard starts.count == roundCount else { return nil }
        return zip(starts, starts.dropFirst()).map { $1 - $0 }
    }
}
