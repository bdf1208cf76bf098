import Foundation

/// A logarithmic scale over some pixels.
struct Axis {
    let range: ClosedRange<Double>
    let start: Double
    let end: Double

    /// Covers all values, from one tick to another.
    init(covering values: [Double], from start: Double, to end: Double) {
        self.start = start
        self.end = end
        let least = values.min() ?? 1
        let most = values.max() ?? 1
        let ticks = Self.ticks
        range =
            (ticks.last { $0 < least } ?? least)...(ticks.first { $0 > most } ?? most)
    }

    /// The pixel of a value.
    func position(of value: Double) -> Double {
        let share = log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
        return start + share * (end - start)
    }

    /// The values that get a line.
    var ticks: [Double] { Self.ticks.filter { range ~= $0 } }

    /// 1, 2 and 5 times the powers of ten.
    private static let ticks = (-4...6).flatMap { exponent in
        [1, 2, 5].map { $0 * pow(10, Double(exponent)) }
    }
}
