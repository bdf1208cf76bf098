package import Coordination
package import NIOCore

/// Cuts what a connection sends into lines, and holds at most one line that is not whole.
package struct LineFramer {
    /// What has come since the last newline.
    private var rest = ByteBuffer()
    /// How many bytes of it are known to have no newline.
    private var searchedByteCount = 0

    package init() {}

    /// Adds what was received and takes out the lines that are whole now, without their newlines.
    ///
    /// - Throws: `Refusal`, as soon as a line is longer than the protocol allows, whole or not.
    package mutating func lines(adding received: ByteBuffer) throws(Refusal) -> [ByteBuffer] {
        var received = received
        if rest.readableBytes == 0 {
            rest = received
        } else {
            rest.writeBuffer(&received)
        }
        var lines: [ByteBuffer] = []
        while let newline = indexOfNewline() {
            guard newline <= CoordinatorProtocol.lineByteCountMaximum,
                let line = rest.readSlice(length: newline)
            else { throw Self.tooLong }
            rest.moveReaderIndex(forwardBy: 1)
            searchedByteCount = 0
            lines.append(line)
        }
        searchedByteCount = rest.readableBytes
        guard searchedByteCount <= CoordinatorProtocol.lineByteCountMaximum else {
            throw Self.tooLong
        }
        return lines
    }

    private func indexOfNewline() -> Int? {
        let bytes = rest.readableBytesView.dropFirst(searchedByteCount)
        return bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 - rest.readerIndex }
    }

    private static let tooLong = Refusal(
        reason: "a line has more than \(CoordinatorProtocol.lineByteCountMaximum) bytes"
    )
}
