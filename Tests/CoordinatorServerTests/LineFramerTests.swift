import Coordination
import CoordinatorServer
import NIOCore
import TestSupport
import Testing

/// Lines come out whole, however they came in, and never one that is too long.
struct LineFramerTests {
    private static let maximum = CoordinatorProtocol.lineByteCountMaximum

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func linesAreTheSameHoweverTheyAreCut(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let lines = (0..<20).map { _ in
            [UInt8](repeating: 0x61, count: Int.random(in: 0...Self.maximum, using: &random))
        }
        let newline: [UInt8] = [0x0a]
        var rest = Array(lines.map { $0 + newline }.joined())[...]
        var framer = LineFramer()
        var found: [[UInt8]] = []
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...9000, using: &random))
            rest = rest.dropFirst(piece.count)
            found += try framer.lines(adding: ByteBuffer(bytes: piece)).map {
                Array($0.readableBytesView)
            }
        }
        #expect(found == lines, "seed \(seed)")
    }

    @Test func aLineThatIsTooLongIsRefusedBeforeItIsWhole() throws {
        var framer = LineFramer()
        let most = ByteBuffer(repeating: 0x61, count: Self.maximum)
        #expect(try framer.lines(adding: most).isEmpty)
        #expect(throws: Refusal.self) { try framer.lines(adding: ByteBuffer(bytes: [0x61])) }
    }

    @Test func aWholeLineThatIsTooLongIsRefused() {
        var framer = LineFramer()
        let line = [UInt8](repeating: 0x61, count: Self.maximum + 1) + [0x0a]
        #expect(throws: Refusal.self) { try framer.lines(adding: ByteBuffer(bytes: line)) }
    }
}
