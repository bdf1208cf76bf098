internal import Glibc

/// Says in a file what happened when, one JSON object a line; for experiments.
///
/// Both helpers may write to the same file.
struct EventLog {
    private let descriptor: Int32
    private let side: String

    /// Opens the file that the environment names, if it does.
    init(side: String) {
        self.side = side
        descriptor =
            path("SIMULATED_XEN_EVENTS").map {
                open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            } ?? -1
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// Writes a line with the present time.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - numbers: More about it.
    ///   - pass: The pass over the pages that it is about.
    func note(_ event: String, _ numbers: KeyValuePairs<String, Int> = [:], pass: String? = nil) {
        guard descriptor >= 0 else { return }
        var line = #"{"event":"\#(event)","side":"\#(side)","clock":\#(monotonicSeconds())"#
        if let pass { line += #","pass":"\#(pass)""# }
        for (name, number) in numbers { line += #","\#(name)":\#(number)"# }
        line += "}\n"
        let errorNumber = errno
        // One write, so that lines of two processes do not mix.
        _ = line.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        errno = errorNumber
    }
}
