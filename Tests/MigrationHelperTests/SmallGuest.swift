import TestSupport

/// Streams of a small guest, as libxenguest would write them.
enum SmallGuest {
    /// A migration: all pages, then rounds of changed ones; with checkpoints, each has one more.
    static func stream(
        roundCount: Int,
        pageCount: Int = 600,
        checkpointCount: Int = 0
    ) -> [UInt8] {
        var generator = SeededGenerator(seed: 1)
        var memory = (0..<pageCount).map { _ in randomPage(&generator) }
        var stream = headers
        append(&stream, type: 0x10, [])
        for round in 0..<roundCount + max(checkpointCount - 1, 0) {
            var pfns = Array(0..<pageCount)
            if round > 0 {
                pfns.removeAll { $0 % 3 == round % 3 }
                for pfn in pfns { change(&memory[pfn], &generator) }
            }
            for start in stride(from: 0, to: pfns.count, by: 1024) {
                let batch = pfns[start..<min(start + 1024, pfns.count)]
                appendBatch(&stream, batch.map { (UInt64($0), memory[$0]) })
            }
            if round >= roundCount - 1 {
                append(&stream, type: 9, [UInt8](repeating: UInt8(round), count: 13))
                if checkpointCount > 0 { append(&stream, type: 0xe, []) }
            }
        }
        append(&stream, type: 0, [])
        return stream
    }

    private static let headers: [UInt8] =
        [UInt8](repeating: 0xff, count: 8) + Array("XENF".utf8) + [0, 0, 0, 3]
        + [UInt8](repeating: 0, count: 8) + [2, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0, 17, 0, 0, 0]

    private static func append(_ stream: inout [UInt8], type: UInt32, _ body: [UInt8]) {
        stream += bytes(type) + bytes(UInt32(body.count)) + body
        stream += [UInt8](repeating: 0, count: (8 - body.count % 8) % 8)
    }

    private static func appendBatch(_ stream: inout [UInt8], _ pages: [(UInt64, [UInt8])]) {
        var body = bytes(UInt32(pages.count)) + bytes(UInt32(0))
        for (pfn, _) in pages { body += bytes(pfn) }
        for (_, page) in pages { body += page }
        append(&stream, type: 1, body)
    }

    private static func randomPage(_ generator: inout SeededGenerator) -> [UInt8] {
        if Int.random(in: 0..<4, using: &generator) == 0 {
            return [UInt8](repeating: 0, count: 4096)
        }
        return (0..<512).flatMap { _ in bytes(generator.next()) }
    }

    private static func change(_ page: inout [UInt8], _ generator: inout SeededGenerator) {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: page[Int.random(in: 0..<4096, using: &generator)] ^= 0x55
        case 1: page = randomPage(&generator)
        default: break
        }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
