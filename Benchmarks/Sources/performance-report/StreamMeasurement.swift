import Glibc
import ReportSupport

/// A recorded stream in a file.
struct StreamFile {
    let path: String
    let byteCount: Int

    /// The file name without its extensions.
    var name: String {
        let fileName = path.split(separator: "/").last ?? ""
        return String(fileName.prefix { $0 != "." })
    }

    /// The decompressed streams in a folder, in alphabetical order.
    static func all(in folder: String) throws -> [StreamFile] {
        var matches = glob_t()
        defer { globfree(&matches) }
        glob(folder + "/*.libxc", 0, nil, &matches)
        let paths = UnsafeBufferPointer(start: matches.gl_pathv, count: Int(matches.gl_pathc))
        guard !paths.isEmpty else { throw ContentError.noStreams(folder) }
        return try paths.compactMap { $0.map { String(cString: $0) } }
            .map { StreamFile(path: $0, byteCount: try WorkFolder.byteCount(ofFile: $0)) }
    }
}

/// One method over one whole stream, from a file in memory to nowhere.
struct StreamMeasurement {
    let method: Method
    let encodedByteCount: Int
    let encode: Direction
    let decode: Direction?

    /// One way, medians.
    struct Direction {
        let process: ProcessMeasurement
        let peakMemoryByteCount: Int
    }
}

/// Measures methods over a stream, in turn, each on one core or on all.
func measureMethods(
    _ methods: [Method],
    over stream: StreamFile,
    isPinned: Bool,
    repetitionCount: Int,
    work: WorkFolder
) throws -> [StreamMeasurement] {
    let candidates = try methods.map { try Candidate($0, stream, isPinned, work) }
    var encode = [[ProcessMeasurement]](repeating: [], count: candidates.count)
    var decode = encode
    for _ in 0..<repetitionCount {
        // In another order each time: what ran just before leaves memory and caches in some state.
        for (index, candidate) in candidates.enumerated().shuffled() {
            encode[index].append(try candidate.encode.measure(isPinned: isPinned, work))
            if let command = candidate.decode {
                decode[index].append(try command.measure(isPinned: isPinned, work))
            }
        }
    }
    return candidates.enumerated().map { index, candidate in
        StreamMeasurement(
            method: candidate.method,
            encodedByteCount: candidate.encodedByteCount,
            encode: StreamMeasurement.Direction(
                process: encode[index].median,
                peakMemoryByteCount: candidate.encodeMemory
            ),
            decode: candidate.decodeMemory.map {
                StreamMeasurement.Direction(process: decode[index].median, peakMemoryByteCount: $0)
            }
        )
    }
}

/// A program that reads a file.
private struct Command {
    let program: [String]
    let inputPath: String

    var arguments: [String] { program + [inputPath] }

    func measure(isPinned: Bool, _ work: WorkFolder) throws -> ProcessMeasurement {
        try bringIntoPageCache(inputPath)
        return try ReportSupport.measure(arguments, isPinned: isPinned, work: work)
    }
}

/// A method that has coded the stream once: the first run is for sizes, not for times.
private struct Candidate {
    let method: Method
    let encode: Command
    let decode: Command?
    let encodedByteCount: Int
    let encodeMemory: Int
    let decodeMemory: Int?

    init(
        _ method: Method,
        _ stream: StreamFile,
        _ isPinned: Bool,
        _ work: WorkFolder
    ) throws {
        self.method = method
        encode = Command(program: method.encode, inputPath: stream.path)
        let encodedPath = work.path("\(stream.name).\(method.name).encoded")
        encodeMemory = try peakMemoryByteCount(
            encode.arguments,
            outputPath: encodedPath,
            isPinned: isPinned,
            work: work
        )
        encodedByteCount = try WorkFolder.byteCount(ofFile: encodedPath)
        guard let program = method.decode else {
            decode = nil
            decodeMemory = nil
            return
        }
        let command = Command(program: program, inputPath: encodedPath)
        decode = command
        let decodedPath = work.path("decoded")
        decodeMemory = try peakMemoryByteCount(
            command.arguments,
            outputPath: decodedPath,
            isPinned: isPinned,
            work: work
        )
        guard try MappedFile(stream.path).hasSameBytes(as: MappedFile(decodedPath)) else {
            throw ContentError.decodedDiffers(method: method.name, stream: stream.name)
        }
    }
}
