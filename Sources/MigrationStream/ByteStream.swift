/// Where a stream's bytes come from.
public protocol ByteSource {
    /// Fills a buffer.
    ///
    /// - Returns: How many bytes were read: fewer than the buffer holds only at the end of the
    ///   stream.
    /// - Throws: What the transport reports.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Where a stream's bytes go.
public protocol ByteSink {
    /// Writes all pieces, in order; none of them is kept.
    ///
    /// - Throws: What the transport reports.
    mutating func write(_ pieces: [UnsafeRawBufferPointer]) throws
}

extension ByteSource {
    /// Fills a buffer, or throws `StreamError.endsEarly`.
    mutating func readExactly(
        into buffer: UnsafeMutableRawBufferPointer,
        of part: StreamPart
    ) throws {
        let byteCount = try read(into: buffer)
        guard byteCount == buffer.count else {
            throw StreamError.endsEarly(
                part: part,
                neededByteCount: buffer.count,
                foundByteCount: byteCount
            )
        }
    }
}
