/// Text that others wrote, made harmless for those who look at it.
public enum VisibleText {
    /// For a picture or page: without control characters, invisible formatting (which could turn
    /// the order of letters round) and what XML does not allow.
    ///
    /// - Parameters:
    ///   - text: Any text.
    ///   - scalarCountMaximum: More than these are cut off; a combining accent counts too.
    /// - Returns: Text that may be escaped for XML.
    public static func clean(_ text: String, scalarCountMaximum: Int = 200) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard result.count < scalarCountMaximum else {
                result.append("…")
                break
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
                .unassigned:
                result.append("\u{fffd}")
            default:
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// For a terminal: printable ASCII, and `?` for everything else.
    ///
    /// - Parameters:
    ///   - text: Any text.
    ///   - columnCount: Longer text ends in `~` there.
    /// - Returns: As many columns as characters.
    public static func terminal(_ text: String, columnCount: Int) -> String {
        let scalars = text.unicodeScalars.prefix(columnCount + 1).map { scalar in
            (" "..."~").contains(scalar) ? Character(scalar) : "?"
        }
        guard scalars.count > columnCount else { return String(scalars) }
        return String(scalars.prefix(max(columnCount - 1, 0))) + (columnCount > 0 ? "~" : "")
    }
}
