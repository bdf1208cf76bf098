/// Gives a tile content of its own: each byte but zero becomes another one, the same everywhere.
///
/// What was zero or equal stays so, and nothing else becomes so: page classes, changes between
/// versions and matches that a compressor finds are those of the trace.
struct ByteRotation: Sendable {
    /// How far bytes go round in 1...255.
    private let distance: UInt8

    /// That of a tile; the first one keeps its bytes.
    init(number: Int) {
        // Neighbours are far apart; 37 has no common divisor with 255.
        distance = UInt8(number * 37 % 255)
    }

    var isIdentity: Bool { distance == 0 }

    /// Writes a page with other bytes; both may be the same one.
    func apply(to page: UnsafeRawPointer, into result: UnsafeMutableRawPointer) {
        guard !isIdentity || page != UnsafeRawPointer(result) else { return }
        let source = page.assumingMemoryBound(to: UInt8.self)
        let target = result.assumingMemoryBound(to: UInt8.self)
        let distance = distance
        for index in 0..<pageByteCount {
            let byte = source[index]
            let sum = byte &+ distance
            // Beyond 255 it goes on at 1.
            let rotated = sum &+ (sum < byte ? 1 : 0)
            target[index] = byte == 0 ? 0 : rotated
        }
    }
}
