internal import MigrationReport

/// A scale from 0 to a largest value, with round numbers to mark it.
struct Axis {
    let maximum: Double
    let marks: [Double]
    private let digits: Int

    /// Chooses marks whose distance is 1, 2 or 5 times a power of ten.
    ///
    /// - Parameters:
    ///   - largest: The largest value that is shown.
    ///   - markCount: How many marks there should be at most, without that of zero.
    ///   - isExact: Whether the axis ends at that value, not at the next mark.
    init(largest: Double, markCount: Int, isExact: Bool = false) {
        let largest = largest.isFinite && largest > 0 ? largest : 1
        var (step, power, digits) = (1e-3, 1e-3, 3)
        search: while true {
            for factor in [1.0, 2, 5] {
                step = power * factor
                if step * Double(markCount) >= largest { break search }
            }
            power *= 10
            digits -= 1
        }
        let count = (largest / step).rounded(isExact ? .down : .up)
        maximum = isExact ? largest : count * step
        marks = (0...Int(count)).map { Double($0) * step }
        self.digits = max(digits, 0)
    }

    /// Where a value lies, from 0 to 1.
    func position(_ value: Double) -> Double {
        value.isFinite ? min(max(value / maximum, 0), 1) : 0
    }

    func label(_ mark: Double) -> String {
        digits > 0
            ? Units.decimal(mark, digits: digits)
            : Int(exactly: mark.rounded()).map(Units.grouped) ?? ""
    }
}
