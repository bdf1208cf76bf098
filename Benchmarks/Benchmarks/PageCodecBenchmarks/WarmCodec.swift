internal import Benchmark
internal import MigrationStream
internal import PageCodec

/// A page matcher, a writer and a decoder whose caches are full, as they are after a while.
///
/// Before each pass over a stream, pages that resemble nothing fill all slots: the memory is there,
/// and the pass finds none of what the pass before it left.
final class WarmCodec {
    private let stream: RecordedStream
    private var filler: Filler
    private var matcher: PageMatcher
    private var writer = BatchWriter()
    private var decoder: PageDecoder
    private let slotCount = CacheSize.offlineDefault.slotCount
    private let residue: BatchWriter.Residue
    private let matches = BatchMatches()
    private let rebuilt = RebuiltMemory()

    init(_ stream: RecordedStream, _ residue: BatchWriter.Residue) throws {
        self.stream = stream
        self.residue = residue
        filler = Filler()
        matcher = try PageMatcher(slotCount: slotCount)
        decoder = try PageDecoder(slotCount: slotCount)
    }

    /// Encodes the stream once.
    func encode() throws -> Throughput {
        fillEncoder { _ in }
        return Throughput(of: stream.pageByteCount) {
            for batch in stream.batches {
                blackHole(encode(batch.entries, batch.pages).checksum)
            }
        }
    }

    /// Encodes the stream once, and then decodes it, which is what counts.
    func decode() throws -> Throughput {
        try fillEncoder { batch in
            let batch = ReceivedBatch(batch)
            _ = try decoder.decode(batch.bytes, checksum: batch.checksum, into: rebuilt)
        }
        let batches = stream.batches.map {
            ReceivedBatch(encode($0.entries, $0.pages))
        }
        return try Throughput(of: stream.pageByteCount) {
            for batch in batches {
                blackHole(
                    try decoder.decode(batch.bytes, checksum: batch.checksum, into: rebuilt)
                )
            }
        }
    }

    private func encode(
        _ entries: UnsafeBufferPointer<UInt64>,
        _ pages: UnsafeRawPointer
    ) -> CodedBatch {
        matcher.match(entries: entries, pages: pages, pagesStay: true, into: matches)
        return writer.write(matches, residue: residue)
    }

    private func fillEncoder<E>(_ use: (CodedBatch) throws(E) -> Void) throws(E) {
        for _ in 0..<(slotCount / Filler.pageCount + 1) {
            filler.advance()
            try use(encode(filler.entries, filler.pages))
        }
    }
}

/// A coded batch in one piece, as it arrives.
private final class ReceivedBatch {
    let bytes: UnsafeRawBufferPointer
    let checksum: UInt64

    init(_ batch: CodedBatch) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: batch.byteCount, alignment: 64)
        var offset = 0
        for piece in batch.pieces {
            copy[offset...].copyBytes(from: piece)
            offset += piece.count
        }
        bytes = UnsafeRawBufferPointer(copy)
        checksum = batch.checksum
    }

    deinit { bytes.deallocate() }
}

/// Batches of pages that are all different, whatever was sent before.
private struct Filler: ~Copyable {
    static let pageCount = 1024
    private let content: UnsafeMutableBufferPointer<UInt64>
    private let numbers: UnsafeMutableBufferPointer<UInt64>
    private var generation: UInt64 = 0

    var entries: UnsafeBufferPointer<UInt64> { UnsafeBufferPointer(numbers) }
    var pages: UnsafeRawPointer { UnsafeRawPointer(content.baseAddress.unsafelyUnwrapped) }

    init() {
        content = .allocate(capacity: Self.pageCount * PageFormat.pageByteCount / 8)
        numbers = .allocate(capacity: Self.pageCount)
        var generator = SystemRandomNumberGenerator()
        for index in content.indices { content[index] = generator.next() }
        numbers.initialize(repeating: 0)
    }

    deinit {
        content.deallocate()
        numbers.deallocate()
    }

    /// Changes a word in each block, and names pages beyond any guest's.
    mutating func advance() {
        generation += 1
        for index in stride(from: 0, to: content.count, by: PageFormat.blockByteCount / 8) {
            content[index] = generation << 32 | UInt64(index)
        }
        for index in numbers.indices {
            numbers[index] = 1 << 40 + generation * UInt64(Self.pageCount) + UInt64(index)
        }
    }
}
