package import Coordination
internal import Glibc

/// A connection to a coordinator made of system calls, with which any bytes can be sent.
package final class RawConnection {
    /// What failed, by the system's word.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        init(_ action: String) { description = "\(action): \(String(cString: strerror(errno)))" }
    }

    package let descriptor: Int32
    private var received: [UInt8] = []
    /// Whether the other side has ended the connection.
    package private(set) var isAtEnd = false

    /// Connects.
    package init(_ address: CoordinatorAddress) throws {
        switch address {
        case .unix(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            try connect(&address)
        case .tcp(_, let port):
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            try connect(&address)
        }
    }

    private func connect<Address>(_ address: inout Address) throws {
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else { throw Failure("connect") }
    }

    deinit { close(descriptor) }

    /// Sends bytes; false if the other side has ended the connection.
    @discardableResult
    package func send(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends a member's message.
    @discardableResult
    package func send(_ message: MemberMessage) -> Bool { send(message.line) }

    /// Reads what is there, or waits for it; false if nothing comes in time.
    @discardableResult
    package func receive(milliseconds: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { received += buffer[..<count] } else { isAtEnd = true }
        return true
    }

    /// Takes a whole line out of what was read, without its newline.
    package func takeLine() -> [UInt8]? {
        guard let newline = received.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { received.removeSubrange(...newline) }
        return Array(received[..<newline])
    }

    /// The next line; none if the connection ends, or none comes in time.
    package func nextLine(milliseconds: Int32 = 20_000) -> [UInt8]? {
        while true {
            if let line = takeLine() { return line }
            if isAtEnd || !receive(milliseconds: milliseconds) { return nil }
        }
    }

    /// The next message but `alive`; none if the connection ends, or none comes in time.
    package func next() throws -> CoordinatorMessage? {
        while let line = nextLine() {
            let message = try CoordinatorMessage(line: line)
            if message != .alive { return message }
        }
        return nil
    }

    /// The next decision to do a thing; none if the connection ends, or none comes in time.
    package func next(_ action: Decision.Action) throws -> Decision? {
        while let message = try next() {
            if case .decision(let decision) = message, decision.action == action { return decision }
        }
        return nil
    }

    /// Whether the other side ends the connection in time; what it says meanwhile is left out.
    package func endsWithin(milliseconds: Int32) -> Bool {
        while !isAtEnd { if !receive(milliseconds: milliseconds) { return false } }
        return true
    }
}
