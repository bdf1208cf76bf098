internal import Glibc
public import MigrationStream

/// Files of this repository that tests need.
public enum Repository {
    /// The folder that holds `Package.swift`.
    public static let path: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    /// The folder of recorded streams.
    public static let goldenPath = path + "/Tests/Golden"

    /// The files in a folder whose names end so, in alphabetical order.
    public static func files(in folder: String, suffix: String) throws -> [String] {
        guard let directory = opendir(folder) else { throw TestFileError.cannotOpen(folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }

    /// The content of a file.
    public static func bytes(ofFile path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw TestFileError.cannotOpen(path) }
        defer { fclose(file) }
        return readAll(file)
    }

    /// Writes a file anew.
    public static func write(_ bytes: [UInt8], toFile path: String) throws {
        guard let file = fopen(path, "w") else { throw TestFileError.cannotOpen(path) }
        let writtenByteCount = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, writtenByteCount == bytes.count else {
            throw TestFileError.cannotWrite(path)
        }
    }
}

/// What can be wrong with the files that tests need.
public enum TestFileError: Error, Equatable {
    /// It is not there or cannot be read.
    case cannotOpen(String)
    /// The disk is full.
    case cannotWrite(String)
    /// `zstd` is missing, or the file is damaged.
    case cannotDecompress(String, status: Int32)
    /// A stream ended before its file did.
    case notReadToItsEnd(String)
}

/// A compressed file, read through the `zstd` program, which must be installed.
public final class CompressedSource: ByteSource {
    private let path: String
    private let pipe: UnsafeMutablePointer<FILE>
    private var isOpen = true

    /// Starts to decompress a file.
    public init(path: String) throws {
        guard access(path, R_OK) == 0 else { throw TestFileError.cannotOpen(path) }
        let quoted = path.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: #"'\''"#)
        guard let pipe = popen("exec zstd -d --long=27 -q -c '\(quoted)'", "r") else {
            throw TestFileError.cannotOpen(path)
        }
        self.path = path
        self.pipe = pipe
    }

    deinit { if isOpen { pclose(pipe) } }

    /// Reads what is left, at most a whole buffer.
    ///
    /// - Throws: `TestFileError` if the data end because `zstd` failed.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard isOpen else { return 0 }
        let byteCount = fread(buffer.baseAddress, 1, buffer.count, pipe)
        // Otherwise a missing `zstd` would look like a stream that ends early.
        if byteCount < buffer.count { try close() }
        return byteCount
    }

    /// Reads the next bytes into `scratch`.
    public func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer {
        let wanted = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(byteCount))
        return UnsafeRawBufferPointer(rebasing: wanted.prefix(try read(into: wanted)))
    }

    /// Checks that the file was read to its end and that `zstd` was content with it.
    public func finish() throws {
        guard isOpen else { return }
        guard fgetc(pipe) == EOF else { throw TestFileError.notReadToItsEnd(path) }
        try close()
    }

    private func close() throws {
        isOpen = false
        let status = pclose(pipe)
        guard status == 0 else { throw TestFileError.cannotDecompress(path, status: status) }
    }

    /// The whole content of a compressed file.
    public static func bytes(ofFile path: String) throws -> [UInt8] {
        let source = try CompressedSource(path: path)
        let bytes = readAll(source.pipe)
        try source.finish()
        return bytes
    }
}

private func readAll(_ file: UnsafeMutablePointer<FILE>) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let byteCount = fread(&part, 1, part.count, file)
        if byteCount == 0 { return bytes }
        bytes += part[..<byteCount]
    }
}

/// The value of an environment variable.
public func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
