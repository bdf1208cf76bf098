internal import Glibc

/// A generator of random numbers that gives the same ones for the same seed (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts from a seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// The seed of this test run: `CLOUDNET_TEST_SEED`, or a new one, which tests print when they
    /// fail.
    public static let seedOfRun: UInt64 = {
        if let text = getenv("CLOUDNET_TEST_SEED"), let seed = UInt64(String(cString: text)) {
            return seed
        }
        return UInt64.random(in: 0...UInt64.max)
    }()
}
