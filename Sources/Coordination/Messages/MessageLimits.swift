/// What a message may say; all else is refused where a line is read.
enum MessageLimits {
    /// No number is larger: up to here JSON's readers agree on whole numbers.
    static let numberMaximum = 1 << 53

    /// No time is longer, in seconds.
    static let secondsMaximum = 1e9

    /// No reason has more bytes.
    static let reasonByteCountMaximum = 1024

    /// Throws, if a name is empty, too long, or could disturb a log.
    static func checkName(_ name: String, _ field: String) throws(Refusal) {
        let maximum = CoordinatorProtocol.nameByteCountMaximum
        guard name.utf8.count <= maximum else {
            throw Refusal(
                reason: "\(field) has \(name.utf8.count) bytes: no more than \(maximum) are allowed"
            )
        }
        guard name.unicodeScalars.allSatisfy(\.isPrintable) else {
            throw Refusal(reason: "\(field) has characters that cannot be printed")
        }
        guard !name.allSatisfy(\.isWhitespace) else {
            throw Refusal(reason: "\(field) is empty")
        }
    }

    /// Throws, if a number is not in its range.
    static func checkNumber(
        _ number: Int?,
        _ field: String,
        in range: ClosedRange<Int> = 0...numberMaximum
    ) throws(Refusal) {
        guard let number, !range.contains(number) else { return }
        throw Refusal(
            reason: "\(field) is \(number): it must be from \(range.lowerBound) to "
                + "\(range.upperBound)"
        )
    }

    /// Throws, if a time is no number, negative, or endless.
    static func checkSeconds(
        _ seconds: Double?,
        _ field: String,
        maximum: Double = secondsMaximum
    ) throws(Refusal) {
        guard let seconds, !(seconds >= 0 && seconds <= maximum) else { return }
        throw Refusal(reason: "\(field) is \(seconds): it must be from 0 to \(maximum) seconds")
    }

    /// Throws, if a text of the coordinator is too long.
    static func checkReason(_ reason: String) throws(Refusal) {
        guard reason.utf8.count <= reasonByteCountMaximum else {
            throw Refusal(reason: "a reason of \(reason.utf8.count) bytes is too long")
        }
    }
}

extension Unicode.Scalar {
    /// Whether it may stand in a line of a log: it neither ends the line nor hides a part of it.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            false
        default:
            true
        }
    }
}
