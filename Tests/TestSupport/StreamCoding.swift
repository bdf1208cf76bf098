public import MigrationStream
public import PageCodec

/// Encodes a whole libxc stream in memory.
///
/// - Throws: What the encoder throws.
public func encode(
    _ stock: [UInt8],
    cacheMebibytes: Int = 1,
    compression: Compression = .off,
    threads: Int = 1,
    readsAhead: Bool = true
) throws -> (bytes: [UInt8], statistics: StreamStatistics) {
    try encode(
        from: MemorySource(stock, keepsContent: readsAhead),
        cacheMebibytes: cacheMebibytes,
        compression: compression,
        threads: threads
    )
}

/// Encodes a whole libxc stream into memory.
///
/// - Throws: What the encoder throws.
public func encode(
    from source: some ByteSource,
    cacheMebibytes: Int = 1,
    compression: Compression = .off,
    threads: Int = 1
) throws -> (bytes: [UInt8], statistics: StreamStatistics) {
    let sink = MemorySink()
    guard let size = CacheSize(mebibytes: cacheMebibytes), let threads = ThreadCount(threads) else {
        preconditionFailure("no such cache size or number of threads")
    }
    let encoder = try StreamEncoder(
        from: source,
        to: sink,
        cacheSize: size,
        compression: compression,
        threads: threads
    )
    try encoder.run()
    return (sink.bytes, encoder.statistics)
}

/// Decodes a whole extended stream in memory.
///
/// - Throws: What the decoder throws.
public func decode(
    _ extended: [UInt8],
    cacheByteCountMaximum: Int = 64 << 20,
    threads: Int = 1,
    readsAhead: Bool = false
) throws -> (bytes: [UInt8], statistics: StreamStatistics) {
    try decode(
        from: MemorySource(extended, keepsContent: readsAhead),
        cacheByteCountMaximum: cacheByteCountMaximum,
        threads: threads
    )
}

/// Decodes a whole extended stream into memory.
///
/// - Throws: What the decoder throws.
public func decode(
    from source: some ByteSource,
    cacheByteCountMaximum: Int = 64 << 20,
    threads: Int = 1
) throws -> (bytes: [UInt8], statistics: StreamStatistics) {
    let sink = MemorySink()
    guard let threads = ThreadCount(threads) else {
        preconditionFailure("no such number of threads")
    }
    let decoder = StreamDecoder(
        from: source,
        to: sink,
        cacheByteCountMaximum: cacheByteCountMaximum,
        threads: threads
    )
    _ = try decoder.run(acceptsStockStream: false)
    return (sink.bytes, decoder.statistics)
}

/// What both ends of a stream count; only the sender knows how hard it compressed.
public struct StreamCounts: Equatable, Sendable {
    /// The pages per class.
    public let pages: PageStatistics
    /// The rounds of a live migration.
    public let roundCount: Int
    /// Bytes of the libxc stream.
    public let stockByteCount: Int
    /// Bytes of the extended stream.
    public let extendedByteCount: Int
}

extension StreamStatistics {
    /// What both ends count.
    public var counts: StreamCounts {
        StreamCounts(
            pages: pages,
            roundCount: roundCount,
            stockByteCount: stockByteCount,
            extendedByteCount: extendedByteCount
        )
    }
}
