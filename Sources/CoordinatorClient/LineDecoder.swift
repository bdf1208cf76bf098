internal import NIOCore

/// Cuts what arrives into lines, without their newlines.
///
/// What has no newline is never passed on: a line that the peer did not finish does not count.
struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    /// A line that is longer than was agreed.
    struct LineTooLong: Error, CustomStringConvertible {
        let maximum: Int

        var description: String { "it sent a line of more than \(maximum) bytes" }
    }

    private let byteCountMaximum: Int
    /// So much of what waits is known to have no newline.
    private var searchedByteCount = 0

    /// Makes a decoder of lines of so many bytes at most, the newline not counted.
    init(byteCountMaximum: Int) {
        self.byteCountMaximum = byteCountMaximum
    }

    mutating func decode(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer
    ) throws -> DecodingState {
        let unread = buffer.readableBytesView.dropFirst(searchedByteCount)
        guard let newline = unread.firstIndex(of: UInt8(ascii: "\n")) else {
            searchedByteCount = buffer.readableBytes
            guard searchedByteCount <= byteCountMaximum else {
                throw LineTooLong(maximum: byteCountMaximum)
            }
            return .needMoreData
        }
        let byteCount = newline - buffer.readerIndex
        guard byteCount <= byteCountMaximum, let line = buffer.readSlice(length: byteCount) else {
            throw LineTooLong(maximum: byteCountMaximum)
        }
        buffer.moveReaderIndex(forwardBy: 1)
        searchedByteCount = 0
        context.fireChannelRead(wrapInboundOut(line))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState {
        while try decode(context: context, buffer: &buffer) == .continue {}
        buffer.clear()
        return .needMoreData
    }
}
