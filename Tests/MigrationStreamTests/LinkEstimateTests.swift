import Testing

@testable import MigrationStream

struct LinkEstimateTests {
    /// A link that was given nothing for a moment takes the next bytes faster, but not more in all; only
    /// in the long run it cannot be told from a faster one.
    @Test func linkThatMakesUpForAPauseIsNotTakenForAFasterOne() throws {
        var link = LinkEstimate(bufferByteCount: 65536)
        for _ in 0..<8 { link.note(byteCount: 2_000_000, seconds: 10e-3, idleSeconds: 1e-4) }
        for _ in 0..<4 {
            link.note(byteCount: 900_000, seconds: 1.4e-3, idleSeconds: 3.1e-3)
            let found = try #require(link.bytesPerSecond)
            #expect(150e6...300e6 ~= found)
        }
    }

    @Test(arguments: [1e-4, 5e-3])
    func linkThatBecomesMuchFasterIsNoticed(afterIdle idleSeconds: Double) throws {
        var link = LinkEstimate(bufferByteCount: 65536)
        for _ in 0..<8 { link.note(byteCount: 1_000_000, seconds: 0.1, idleSeconds: 1e-4) }
        #expect(try #require(link.bytesPerSecond) < 11e6)
        for _ in 0..<8 { link.note(byteCount: 1_000_000, seconds: 5e-3, idleSeconds: idleSeconds) }
        #expect(try #require(link.bytesPerSecond) > 100e6)
    }
}
