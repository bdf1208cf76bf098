/// Why what was found or made is no base for a report.
enum ContentError: Error, CustomStringConvertible {
    case noStreams(String)
    case decodedDiffers(method: String, stream: String)
    case kernelResultsIncomplete(String)

    var description: String {
        switch self {
        case .noStreams(let folder): "No *.libxc in '\(folder)'."
        case .decodedDiffers(let method, let stream):
            "What '\(method)' made of '\(stream)' decodes to something else."
        case .kernelResultsIncomplete(let name): "The benchmarks gave no result for '\(name)'."
        }
    }
}
