import Dispatch
import Glibc
import PosixIO
import TestSupport

func openFile(_ path: String, _ flags: Int32) throws -> Int32 {
    try retryingOnInterrupt("open \(path)") { open(path, flags | O_CLOEXEC, 0o600) }
}

func writeFile(_ path: String, _ content: [UInt8]) throws {
    let descriptor = try openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(descriptor) }
    var sink = FileDescriptorSink(descriptor, name: path)
    try content.withUnsafeBytes { try sink.write([$0]) }
}

func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = try openFile(path, O_RDONLY)
    defer { close(descriptor) }
    return try readToEnd(descriptor)
}

/// All that is left to read.
func readToEnd(_ descriptor: Int32) throws -> [UInt8] {
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = try retryingOnInterrupt("read") {
            read(descriptor, &buffer, buffer.count)
        }
        if count == 0 { return content }
        content += buffer.prefix(count)
    }
}

/// Reads and forgets, until all writers are gone.
func drain(_ descriptor: Int32) async {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            _ = try? readToEnd(descriptor)
            continuation.resume()
        }
    }
}

/// Removes a folder and all that is in it.
func removeFolder(_ path: String) {
    let names = (try? Repository.files(in: path, suffix: "")) ?? []
    for name in names where name != "." && name != ".." {
        if unlink("\(path)/\(name)") != 0 { removeFolder("\(path)/\(name)") }
    }
    rmdir(path)
}
