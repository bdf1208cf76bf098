import TestSupport
import Testing

@testable import MigrationStream

/// An extended stream taken apart, so that tests can put it together in another way.
struct ExtendedStreamParts {
    struct Record: Equatable {
        var kind: UInt16
        var flags: UInt16 = 0
        var body: [UInt8]
        /// The body checksum, or the right one of the body.
        var checksum: UInt64?
        /// The sequence number, or the next one.
        var sequence: UInt32?
        /// The length, or that of the body.
        var announcedByteCount: UInt32?

        init(_ kind: RecordKind, flags: UInt16 = 0, _ body: [UInt8]) {
            self.kind = kind.rawValue
            self.flags = flags
            self.body = body
        }
    }

    var imageHeader: [UInt8]
    var records: [Record] = []

    /// Takes a valid stream apart; batches keep their checksum.
    init(_ bytes: [UInt8]) throws {
        imageHeader = [UInt8](bytes.prefix(24))
        var offset = 24
        while offset < bytes.count {
            let header = try bytes[offset..<offset + 24].withUnsafeBytes {
                try RecordHeader(reading: $0, expectedSequence: UInt32(records.count))
            }
            offset += 24
            var record = Record(
                header.kind,
                flags: header.flags,
                [UInt8](bytes[offset..<offset + header.bodyByteCount])
            )
            if header.kind == .pages { record.checksum = header.checksum }
            records.append(record)
            offset += header.bodyByteCount
        }
    }

    /// The stream, with right header checksums.
    var bytes: [UInt8] {
        var result = imageHeader
        for (index, record) in records.enumerated() {
            var header: [UInt8] = []
            header.append(littleEndian: record.kind)
            header.append(littleEndian: record.flags)
            header.append(
                littleEndian: record.announcedByteCount ?? UInt32(record.body.count)
            )
            header.append(littleEndian: record.sequence ?? UInt32(index))
            let headerChecksum = header.withUnsafeBytes { ExtendedStream.checksum($0) }
            header.append(littleEndian: UInt32(truncatingIfNeeded: headerChecksum))
            let checksum = record.body.withUnsafeBytes { ExtendedStream.checksum($0) }
            header.append(littleEndian: record.checksum ?? checksum)
            result += header + record.body
        }
        return result
    }
}

/// What became of a stream that may be refused.
struct Outcome {
    var error: StreamError?
    var output: [UInt8]
    /// How much was read, unless it was refused: another thread may go on reading for a while then.
    var readByteCount: Int?
}

/// Decodes a stream that may be refused.
///
/// - Throws: Any error but a `StreamError`.
func outcome(
    ofDecoding bytes: [UInt8],
    cacheByteCountMaximum: Int = 64 << 20,
    acceptsStockStream: Bool = false,
    threads: Int = 1
) throws -> Outcome {
    let source = MemorySource(bytes)
    let sink = MemorySink()
    let threads = try #require(ThreadCount(threads))
    let decoder = StreamDecoder(
        from: source,
        to: sink,
        cacheByteCountMaximum: cacheByteCountMaximum,
        threads: threads
    )
    var error: StreamError?
    do {
        _ = try decoder.run(acceptsStockStream: acceptsStockStream)
    } catch let streamError as StreamError {
        error = streamError
    }
    return Outcome(
        error: error,
        output: sink.bytes,
        readByteCount: error == nil ? source.readByteCount : nil
    )
}

/// Small streams that hold something of everything.
enum SmallStream {
    /// A page of which little is not zero.
    static let sparsePage = Content.changed(Content.zero, [0: 1, 8: 2, 4095: 3])

    /// Two rounds with every class but raw, and all kinds of records; few enough bytes to break it
    /// at each.
    static let stock: [UInt8] = {
        var builder = StockStreamBuilder()
        builder.append(LibxcRecord.staticDataEnd)
        builder.append(LibxcRecord.tscInfo, StockStreamBuilder.tscInfoBody)
        builder.append(pages: [
            GuestPage(0, Content.zero), GuestPage(1, sparsePage),
            GuestPage(2, type: 1, sparsePage), .empty(3, type: 15),
        ])
        builder.append(pages: [
            GuestPage(1, sparsePage), GuestPage(2, type: 1, Content.changed(sparsePage, [50: 1])),
        ])
        builder.append(LibxcRecord.checkpoint)
        builder.append(LibxcRecord.hvmContext, Content.noise(4, byteCount: 13))
        builder.appendEnd()
        return builder.bytes
    }()
}
