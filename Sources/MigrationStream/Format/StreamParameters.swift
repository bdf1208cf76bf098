internal import PageCodec

/// The parameters of an extended stream: the body of its first record, 64 bytes.
struct StreamParameters: Equatable {
    var slotCount: Int

    /// The lanes of compressed batches, if there are any.
    var lanes: CompressionLanes?

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        let numbers = [
            UInt32(PageFormat.pageByteCount), UInt32(PageFormat.blockByteCount),
            UInt32(slotCount), UInt32(PageFormat.entriesPerBatchMaximum),
        ]
        for (index, number) in numbers.enumerated() {
            bytes.storeBytes(of: number.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
        }
        guard let lanes else { return }
        bytes.storeBytes(
            of: ExtendedStream.compressionFeature.littleEndian,
            toByteOffset: 16,
            as: UInt64.self
        )
        bytes.storeBytes(of: UInt8(lanes.windowLog), toByteOffset: 32, as: UInt8.self)
        bytes.storeBytes(of: UInt8(lanes.count), toByteOffset: 33, as: UInt8.self)
    }

    init(slotCount: Int, lanes: CompressionLanes? = nil) {
        self.slotCount = slotCount
        self.lanes = lanes
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(StreamError) {
        func number(at offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let pageByteCount = number(at: 0)
        let blockByteCount = number(at: 4)
        guard
            pageByteCount == PageFormat.pageByteCount, blockByteCount == PageFormat.blockByteCount,
            number(at: 12) == PageFormat.entriesPerBatchMaximum
        else {
            throw .unsupportedSizes(
                pageByteCount: pageByteCount,
                blockByteCount: blockByteCount
            )
        }
        slotCount = Int(number(at: 8))
        let features = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        )
        guard features & ~ExtendedStream.knownFeatures == 0 else {
            throw .unknownFeatures(features & ~ExtendedStream.knownFeatures)
        }
        // Bytes 24 to 31 are optional features, which a reader need not know.
        if features & ExtendedStream.compressionFeature != 0 {
            let lanes = CompressionLanes(count: Int(bytes[33]), windowLog: Int(bytes[32]))
            guard
                ExtendedStream.windowLogs ~= lanes.windowLog,
                ExtendedStream.laneCounts ~= lanes.count,
                lanes.count << lanes.windowLog <= ExtendedStream.windowByteCountMaximum
            else {
                throw .windowOutOfRange(windowLog: lanes.windowLog, laneCount: lanes.count)
            }
            self.lanes = lanes
        }
        guard bytes[(lanes == nil ? 32 : 34)...].allSatisfy({ $0 == 0 }) else {
            throw .reservedFieldSet(part: .parameters)
        }
    }
}

/// Independent pairs of zstd streams, so that batches can be compressed side by side.
struct CompressionLanes: Equatable {
    var count: Int

    /// The window of the literals of each, as a power of two.
    var windowLog: Int
}
