internal import ArgumentParser
internal import Glibc
internal import MigrationStream
internal import PosixIO

/// Opens both ends, runs `body`, and insists that the input holds nothing more.
///
/// A file that was begun and could not be finished is removed, so that nobody takes it for whole.
func withStreams<Result>(
    from inputPath: String,
    to outputPath: String,
    _ body: (InputFile, FileDescriptorSink) throws -> Result
) throws -> Result {
    guard inputPath == "-" || inputPath != outputPath else {
        throw ValidationError("Input and output are the same file, '\(inputPath)'.")
    }
    let input = inputPath == "-" ? STDIN_FILENO : try openFile(inputPath, O_RDONLY)
    guard outputPath != "-" || isatty(STDOUT_FILENO) == 0 else {
        throw ValidationError("A stream is not written to a terminal; name a file or use a pipe.")
    }
    let output =
        outputPath == "-"
        ? STDOUT_FILENO : try openFile(outputPath, O_WRONLY | O_CREAT | O_TRUNC)
    let removable = outputPath != "-" && isRegularFile(output) ? outputPath : nil
    UnfinishedOutput.begin(removable)
    defer { UnfinishedOutput.end() }
    do {
        let inputName = inputPath == "-" ? "standard input" : "'\(inputPath)'"
        let outputName = outputPath == "-" ? "standard output" : "'\(outputPath)'"
        var source = InputFile(input, name: inputName)
        let result = try body(source, FileDescriptorSink(output, name: outputName))
        try requireEnd(of: &source)
        try retryingOnInterrupt("close \(outputName)") { close(output) }
        return result
    } catch {
        if let removable { unlink(removable) }
        throw error
    }
}

private func openFile(_ path: String, _ flags: Int32) throws -> Int32 {
    try retryingOnInterrupt("open '\(path)'") { open(path, flags | O_CLOEXEC, 0o644) }
}

private func requireEnd(of source: inout InputFile) throws {
    let surplus = try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) {
        try source.next(1, scratch: $0).count
    }
    guard surplus == 0 else { throw StreamError.bytesAfterEnd }
}

func isRegularFile(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// An input: mapped if it can be, which spares a copy, else read.
enum InputFile: ByteSource {
    case mapped(MappedFile)
    case read(FileDescriptorSource)

    init(_ descriptor: Int32, name: String) {
        if let file = MappedFile(descriptor) {
            self = .mapped(file)
        } else {
            self = .read(FileDescriptorSource(descriptor, name: name))
        }
    }

    /// So do both.
    var keepsContent: Bool { true }

    var holdsContent: Bool {
        switch self {
        case .mapped(let file): file.holdsContent
        case .read(let descriptor): descriptor.holdsContent
        }
    }

    mutating func claimIdleMemory() -> IdleMemory? {
        switch self {
        case .mapped(let file): file.claimIdleMemory()
        case .read: nil
        }
    }

    mutating func next(
        _ byteCount: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) throws -> UnsafeRawBufferPointer {
        switch self {
        case .mapped(let file):
            return file.next(byteCount, scratch: scratch)
        case .read(var descriptor):
            return try descriptor.next(byteCount, scratch: scratch)
        }
    }
}
