public import MigrationStream

/// Encodes a whole libxc stream in memory.
///
/// - Throws: What the encoder throws.
public func encode(
    _ stock: [UInt8],
    cacheMebibytes: Int = 1,
    compression: Compression = .off
) throws -> (bytes: [UInt8], statistics: StreamStatistics) {
    let sink = MemorySink()
    guard let size = CacheSize(mebibytes: cacheMebibytes) else {
        preconditionFailure("no such cache size")
    }
    let encoder = try StreamEncoder(
        from: MemorySource(stock),
        to: sink,
        cacheSize: size,
        compression: compression
    )
    try encoder.run()
    return (sink.bytes, encoder.statistics)
}

/// Decodes a whole extended stream in memory.
///
/// - Throws: What the decoder throws.
public func decode(
    _ extended: [UInt8],
    cacheByteCountMaximum: Int = 64 << 20
) throws -> (bytes: [UInt8], statistics: StreamStatistics) {
    let sink = MemorySink()
    let decoder = StreamDecoder(
        from: MemorySource(extended),
        to: sink,
        cacheByteCountMaximum: cacheByteCountMaximum
    )
    _ = try decoder.run(acceptsStockStream: false)
    return (sink.bytes, decoder.statistics)
}
