/// When something happens, as the one who calls knows it.
public struct Moment: Equatable, Sendable {
    /// The reading of a clock that never jumps: all limits are counted by it.
    public var seconds: Double
    /// Seconds since 1970, for what operators read.
    public var time: Double

    /// A moment.
    public init(seconds: Double, time: Double) {
        self.seconds = seconds
        self.time = time
    }
}
